using System.Text.Json;

namespace MilSwitch.Host.Tests;

/// <summary>Mailing lists over the API and the command line.</summary>
[Trait("Feature", "M-05")]
public sealed class ListCommandTests : IAsyncLifetime
{
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Shows_the_lists_and_the_members_of_one_with_their_version()
    {
        var all = (await node.RunAsync("list", "all")).Output;
        Assert.Matches("(?m)^watch@hq.example +chief@hq.example +2 +[0-9a-f]{16} *$", all);
        Assert.Matches("(?m)^all@hq.example +chief@hq.example +in a directory +- *$", all);
        var one = await node.RunAsync("list", "show", "watch@hq.example");
        Assert.Equal(0, one.ExitCode);
        Assert.EndsWith("\na@hq.example\nb@hq.example\n", one.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await node.RunAsync("list", "show", "watch@hq.example", "--json")).Output);
        Assert.Matches($"(?m)^version: +{json.RootElement.GetProperty("version").GetString()}$", one.Output);
    }

    [Fact]
    public async Task Says_that_the_directory_is_away_and_names_nobody()
    {
        var away = await node.RunAsync("list", "show", "all@hq.example");
        Assert.Equal(1, away.ExitCode);
        Assert.Contains("can't be reached", away.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("a@hq.example", away.Output, StringComparison.Ordinal);
        Assert.Equal(3, (await node.RunAsync("list", "show", "nobody@hq.example")).ExitCode);
    }
}
