using MilSwitch.Domain.Checking;
using MilSwitch.Testing;

namespace MilSwitch.Checks.Tests.Samples;

[Trait("Feature", "J-08")]
public sealed class ReferenceNumberCheckTests
{
    [Theory]
    [InlineData("[OPS-0123] Hello", CheckOutcome.Passed)]
    [InlineData("=?utf-8?q?=5BOPS-0123=5D?=", CheckOutcome.Passed)]
    [InlineData("Hello", CheckOutcome.Suspicious)]
    [InlineData("[OPS-0123]\nSubject: Hello", CheckOutcome.Suspicious)]
    public async Task Judges_the_subject(string subject, CheckOutcome outcome)
    {
        var mail = Mails.Octets(Mails.Head.Replace("Hello", subject, StringComparison.Ordinal) + "\nx");
        Assert.Equal(outcome, (await new ReferenceNumberCheck().CheckAsync(Mails.Subject(mail), default)).Outcome);
    }

    [Fact]
    public void The_document_shows_this_source()
    {
        var source = File.ReadAllText(Path.Combine(Workspace.RepositoryRoot, "tests/MilSwitch.Checks.Tests/Samples/ReferenceNumberCheck.cs"));
        var page = File.ReadAllText(Path.Combine(Workspace.RepositoryRoot, "docs/operations/content-checks.md"));
        Assert.Contains(source[source.IndexOf("/// <summary>", StringComparison.Ordinal)..].Trim(), page, StringComparison.Ordinal);
    }
}
