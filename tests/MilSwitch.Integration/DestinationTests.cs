using MilSwitch.Testing;

namespace MilSwitch.Integration;

public sealed class DestinationTests : FieldTest
{
    [Fact]
    [Trait("Threat", "F15")]
    public async Task Keeps_mail_for_a_destination_that_is_down_and_serves_the_others()
    {
        var (down, other) = (StartSink(), StartSink());
        down.StopListening();
        var milswitch = await StartSwitchAsync([new RouteSetup("down.test", down.NextHop), new RouteSetup("*", other.NextHop)]);
        var (toDown, toOther) = (new Ledger(), new Ledger());
        down.Arrived += toDown.Arrive;
        other.Arrived += toOther.Arrive;

        await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Messages = 100, Recipient = _ => "b@down.test" }, toDown);
        await SmtpBlaster.RunAsync(new BlastOptions { Port = milswitch.Port, Messages = 100 }, toOther);
        await other.WaitForAsync(100, Soon);
        Assert.Equal(0, down.Accepted);

        down.StartListening();
        await down.WaitForAsync(100, TimeSpan.FromSeconds(60));
        Assert.Empty(toDown.Balance().Lost);
        Assert.Equal(0, toDown.Balance().Duplicates);
    }

    [Fact]
    [Trait("Threat", "F15")]
    public async Task Returns_an_expired_message_with_a_report()
    {
        var back = StartSink();
        const string shortLife = "precedence:\n  routine: { retry: [1s], warning: 2s, expiry: 6s }\n";
        var milswitch = await StartSwitchAsync(
            [new RouteSetup("gone.test", $"127.0.0.1:{Ports.Free()}"), new RouteSetup("client.test", back.NextHop)], shortLife);
        var content = Message("expires", to: "b@gone.test");

        await SubmitAsync(milswitch, content, "RET=FULL ENVID=E1 MT-PRIORITY=-2", "a@client.test", "b@gone.test");

        var reports = await back.WaitForAsync(2, TimeSpan.FromSeconds(60));
        Assert.All(reports, r => Assert.StartsWith("MAIL FROM:<>", r.Mail, StringComparison.Ordinal));
        Assert.All(reports, r => Assert.Contains("multipart/report", r.Field("Content-Type"), StringComparison.OrdinalIgnoreCase));
        var (delayed, failed) = (Text(reports[0]), Text(reports[1]));
        foreach (var line in (string[])["Action: delayed", "Status: 4.4.7", "Final-Recipient: rfc822;", "Original-Envelope-Id: E1"])
            Assert.Contains(line, delayed, StringComparison.OrdinalIgnoreCase);
        foreach (var line in (string[])["Action: failed", "Status: 5.4.7", "b@gone.test", "Subject: expires"])
            Assert.Contains(line, failed, StringComparison.OrdinalIgnoreCase);
        await Eventually.ComesTrueAsync(async () => !Directory.Exists(Workspace["data"]) || await QueueIsEmptyAsync(milswitch), Soon, "the queue is empty");
    }

    private static async Task<bool> QueueIsEmptyAsync(SwitchProcess milswitch)
    {
        var list = await milswitch.CommandAsync("queue", "list", "--json");
        return list.ExitCode is 0 && !list.Output.Contains("gone.test", StringComparison.Ordinal);
    }
}
