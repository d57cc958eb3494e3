using System.Text.Json;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

public sealed class OperatorTests : FieldTest
{
    [Fact]
    [Trait("Threat", "F30")]
    public async Task Takes_over_a_new_configuration_on_SIGHUP_and_keeps_the_old_one_when_it_is_bad()
    {
        var (first, second) = (StartSink(), StartSink());
        var milswitch = await StartSwitchAsync([new RouteSetup("first.test", first.NextHop)]);
        await SubmitAsync(milswitch, Message("one"), "", "a@client.test", "b@first.test");
        await first.WaitForAsync(1, Soon);
        Assert.False(await IsTakenAsync(milswitch, "b@second.test"));

        milswitch.Configure(milswitch.Setup with { Routes = [.. milswitch.Setup.Routes, new RouteSetup("second.test", second.NextHop)] });
        milswitch.Reload();
        await Eventually.ComesTrueAsync(() => IsTakenAsync(milswitch, "b@second.test"), Soon, "the new route counts");
        await second.WaitForAsync(1, Soon);

        milswitch.Configure(milswitch.Setup with { Routes = [], Extra = "nonsense: true\n" });
        milswitch.Reload();
        await Eventually.ComesTrueAsync(
            async () => (await StatusAsync(milswitch)).GetProperty("alarms").GetArrayLength() > 0, Soon, "an alarm about the bad configuration");
        Assert.True(await IsTakenAsync(milswitch, "b@first.test"));
        Assert.True(await IsTakenAsync(milswitch, "b@second.test"));
    }

    [Fact]
    public async Task Holds_releases_and_tells_what_happened_from_the_command_line()
    {
        var sink = StartSink();
        sink.StopListening();
        var milswitch = await StartSwitchAsync(sink.NextHop);
        await SubmitAsync(milswitch, Message("held"));
        Assert.True((await StatusAsync(milswitch)).GetProperty("ready").GetBoolean());

        var id = await OnlyQueuedAsync(milswitch);
        await SucceedAsync(milswitch, "message", "hold", id, "--reason", "test");
        sink.StartListening();
        Assert.Contains("held", (await SucceedAsync(milswitch, "message", "show", id, "--json")).Output, StringComparison.OrdinalIgnoreCase);
        await SubmitAsync(milswitch, Message("passes"));
        await sink.WaitForAsync(1, TimeSpan.FromSeconds(60));
        Assert.Equal("passes", sink.Transactions[0].Field("Subject"));

        await SucceedAsync(milswitch, "message", "release", id, "--reason", "test");
        await sink.WaitForAsync(2, TimeSpan.FromSeconds(60));
        Assert.Equal("held", sink.Transactions[1].Field("Subject"));
        Assert.Equal(3, (await milswitch.CommandAsync("message", "show", "0000000000000", "--json")).ExitCode);
    }

    [Fact]
    [Trait("Feature", "C-12")]
    public async Task Minimize_lets_only_urgent_mail_move_until_it_ends()
    {
        var sink = StartSink();
        var milswitch = await StartSwitchAsync(sink.NextHop);
        var order = (await SucceedAsync(milswitch, "minimize", "set", "--scope", "node", "--level", "immediate", "--reason", "test")).Output.Trim();

        await SubmitAsync(milswitch, Message("routine"), "MT-PRIORITY=-2");
        await SubmitAsync(milswitch, Message("flash"), "MT-PRIORITY=4");
        await sink.WaitForAsync(1, Soon);
        Assert.Equal("flash", Assert.Single(sink.Transactions).Field("Subject"));

        await SucceedAsync(milswitch, "minimize", "cancel", order, "--reason", "test");
        await sink.WaitForAsync(2, Soon);
        Assert.Equal("routine", sink.Transactions[1].Field("Subject"));
    }

    [Fact]
    public async Task Says_that_no_node_is_there_with_exit_code_7()
    {
        var file = Workspace["none.yaml"];
        await File.WriteAllTextAsync(file, new SwitchSetup { DataFolder = Workspace["none"], Routes = [new RouteSetup("*", "127.0.0.1:9")] }.ToYaml());

        var result = await SwitchProcess.RunAsync(["status", "--config", file]);

        Assert.Equal(7, result.ExitCode);
    }

    private static async Task<bool> IsTakenAsync(SwitchProcess milswitch, string recipient)
    {
        await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
        return (await client.MailAsync("a@client.test", [recipient], Message("reload"))).Code is 250;
    }

    // Exit code 1 says that there are alarms.
    private static async Task<JsonElement> StatusAsync(SwitchProcess milswitch)
    {
        var status = await milswitch.CommandAsync("status", "--json");
        Assert.True(status.ExitCode is 0 or 1, status.Error);
        return JsonDocument.Parse(status.Output).RootElement;
    }

    private static async Task<string> OnlyQueuedAsync(SwitchProcess milswitch)
    {
        var list = JsonDocument.Parse((await SucceedAsync(milswitch, "queue", "list", "--json")).Output).RootElement;
        return Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("id").GetString()!;
    }

    private static async Task<CommandResult> SucceedAsync(SwitchProcess milswitch, params string[] arguments)
    {
        var result = await milswitch.CommandAsync(arguments);
        Assert.True(result.ExitCode is 0, $"{string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}{result.Output}");
        return result;
    }
}
