using MilSwitch.Domain.Operations;
using MilSwitch.Host.Api;

namespace MilSwitch.Architecture;

/// <summary>The page about access tells who may do what as the code has it.</summary>
public sealed class AccessDocumentTests
{
    [Fact]
    public void The_table_of_roles_agrees_with_the_code()
    {
        var rows = Repository.Read("docs/security/access.md").Split('\n').SkipWhile(l => !l.StartsWith("| right |", StringComparison.Ordinal)).TakeWhile(l => l.StartsWith('|')).ToArray();
        string[][] cells = [.. rows.Select(r => r.Split('|')[1..^1].Select(c => c.Trim()).ToArray())];
        Assert.Equal(["right", .. OperatorRoleNames.All.Select(r => r.Word), "for"], cells[0]);
        Assert.Equal(
            Enum.GetValues<OperatorRight>().Select(right => $"`{Words.Of(right)}` " + string.Join(' ', OperatorRoleNames.All.Select(r => r.Role.Allow(right) ? "x" : "-"))),
            cells[2..].Select(c => $"{c[0]} {string.Join(' ', c[1..^1].Select(x => x.Length > 0 ? x : "-"))}"));
    }
}
