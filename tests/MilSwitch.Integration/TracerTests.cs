using System.Text.Json;
using MilSwitch.Domain.Tracking;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>Tracer reports across real processes: two switches in a row, and two nodes over one store.</summary>
[Trait("Feature", "A-15")]
public sealed class TracerTests : FieldTest
{
    private const string Secret = "a secret of the originator";

    [Fact]
    public async Task The_report_at_the_first_switch_tells_what_the_second_one_says()
    {
        var sink = StartSink();
        var asked = Ports.Free();
        var second = await StartAsync(new SwitchSetup
        {
            Node = "n2", DataFolder = Workspace["second"], Routes = [new RouteSetup("*", sink.NextHop)], Listener = ["tracking: true"],
            Extra = QuickRetries + $"tracking: {{ endpoint: \"127.0.0.1:{asked}\" }}\n",
        });
        var first = await StartAsync(new SwitchSetup
        {
            Node = "n1", DataFolder = Workspace["first"], Routes = [new RouteSetup("*", $"127.0.0.1:{second.Port}")], Listener = ["tracking: true"],
            Extra = QuickRetries + $"tracking: {{ endpoint: \"127.0.0.1:{Ports.Free()}\", chain: [{{ host: 127.0.0.1, server: \"127.0.0.1:{asked}\" }}] }}\n",
        });
        await SubmitAsync(first, Message("tracked"), $"ENVID=9@client.test MTRK={TrackingCertifier.Of(System.Text.Encoding.ASCII.GetBytes(Secret))}");
        await sink.WaitForAsync(1, Soon);
        var id = "";
        await Eventually.ComesTrueAsync(async () => (await DeliveredAsync(first)) is { } delivered && await DeliveredAsync(second) is not null && (id = delivered).Length > 0, Soon, "both have delivered it");
        await File.WriteAllTextAsync(Workspace["secret"], Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Secret)) + "\n");
        File.SetUnixFileMode(Workspace["secret"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var unasked = await first.CommandAsync("track", "--trace", id);
        Assert.True(unasked.ExitCode is 0, unasked.Error);
        Assert.Contains("BEYOND THIS SWITCH: nobody was asked", unasked.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\S+ +n1 +accepted, owned, delivered ", unasked.Output);

        var told = await first.CommandAsync("track", "--trace", id, "--secret-file", Workspace["secret"]);
        Assert.True(told.ExitCode is 0, told.Output + told.Error);
        Assert.Contains($"  127.0.0.1, asked at 127.0.0.1:{asked}: found\n    n2 has it since ", told.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^      b@sink\.test  relayed  2\.1\.9  at 127\.0\.0\.1  ", told.Output);
        Assert.Matches(@"(?m) asked +- +n1 +\S+ ", (await first.CommandAsync("track", "--trace", id)).Output);

        // The second one is away: said, and nothing else is lost.
        await second.TerminateAsync();
        var silent = await first.CommandAsync("track", "--trace", id, "--secret-file", Workspace["secret"]);
        Assert.Equal(1, silent.ExitCode);
        Assert.Contains($"  127.0.0.1, asked at 127.0.0.1:{asked}: unreachable, ", silent.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(first.Errors.Concat(second.Errors), l => l.Contains(Secret, StringComparison.Ordinal) || l.Contains(Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Secret)), StringComparison.Ordinal));
    }

    [RequiresFact("postgres")]
    [Trait("Feature", "O-03")]
    public async Task The_report_of_one_node_names_the_other_that_took_the_message_over_and_delivered_it()
    {
        var sink = StartSink();
        var server = await PostgreSqlInstance.SharedAsync();
        var field = Keep(await ClusterField.StartAsync(Workspace.Folder, new ClusterFieldOptions { Nodes = 2, Connection = await server.NewDatabaseAsync(), Routes = [new RouteSetup("*", sink.NextHop)], Extra = QuickRetries }));
        sink.StopListening();
        await SubmitAsync(field[1], Message("taken over"));
        await field[1].KillAsync();
        sink.StartListening();
        await sink.WaitForAsync(1, TimeSpan.FromSeconds(60));
        var id = "";
        await Eventually.ComesTrueAsync(async () => await DeliveredAsync(field[0]) is { } delivered && (id = delivered).Length > 0, Soon, "it is delivered");

        await field.StartAsync(1);
        var report = await field[1].CommandAsync("track", "--trace", id);
        Assert.True(report.ExitCode is 0, report.Error);
        Assert.Matches(@"(?m)^\S+ +n2#\d+ +accepted\b", report.Output);
        Assert.Matches(@"(?m)^\S+ +n1#\d+ +owned, took-over, delivered ", report.Output);
        Assert.Matches(@"(?m) delivered +b@sink\.test +n1#\d+ ", report.Output);
    }

    private async Task<SwitchProcess> StartAsync(SwitchSetup setup) => Keep(await SwitchProcess.StartAsync(Directory.CreateDirectory(Workspace[setup.Node]).FullName, setup));

    private static async Task<string?> DeliveredAsync(SwitchProcess at)
    {
        var found = await at.CommandAsync("track", "--recipient", "b@sink.test", "--json");
        if (found.ExitCode is not 0) return null;
        using var page = JsonDocument.Parse(found.Output);
        var message = page.RootElement.GetProperty("items").EnumerateArray().FirstOrDefault();
        return message.ValueKind is JsonValueKind.Object && message.GetProperty("state").GetString() is "done" ? message.GetProperty("id").GetString() : null;
    }
}
