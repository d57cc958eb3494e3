using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>One node whose store is a real PostgreSQL.</summary>
public sealed class PostgreSqlTests(ITestOutputHelper output) : FieldTest
{
    private const int Connections = 20;

    [RequiresFact("postgres")]
    [Trait("Threat", "F1")]
    public async Task Loses_nothing_when_it_is_killed_again_and_again_under_load()
    {
        const int Kills = 10;
        var server = await PostgreSqlInstance.SharedAsync();
        var (sink, milswitch) = await StartAsync(await server.NewDatabaseAsync());

        var result = await KillLoop.RunAsync(milswitch, sink, Kills);

        output.WriteLine(result.ToString());
        Assert.Empty(result.Balance.Lost);
        Assert.InRange(result.Balance.Duplicates, 0, result.DuplicatesAllowed);
        Assert.Equal(0, result.Balance.UnmarkedDuplicates);
        Assert.True(result.Balance.Accepted > Kills * 10, "too little load to mean anything");
        Assert.DoesNotContain(result.Blast.Replies.Keys, code => code >= 500);
        Assert.DoesNotContain(milswitch.Errors, line => line.Contains(server.Folder, StringComparison.Ordinal) && line.Contains("Username", StringComparison.Ordinal));
    }

    [RequiresFact("postgres")]
    [Trait("Threat", "F2")]
    public async Task Loses_nothing_when_its_database_dies_again_and_again_under_load()
    {
        await using var server = await PostgreSqlInstance.StartAsync(Workspace["postgres"]);
        var (sink, milswitch) = await StartAsync(server.Connection("postgres"));
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        using var stop = new CancellationTokenSource();
        var blast = SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = 20, KeepTrying = true, Pause = TimeSpan.FromMilliseconds(5) }, ledger, stop.Token);
        for (var crash = 0; crash < 3; crash++)
        {
            var before = ledger.AcceptedCount;
            await Eventually.ComesTrueAsync(() => ledger.AcceptedCount > before + 200, TimeSpan.FromSeconds(60), "mail is accepted");
            server.Crash();
            await server.StartAgainAsync();
        }

        await stop.CancelAsync();
        var result = await blast;
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(60), "everything accepted arrives");
        output.WriteLine(ledger.Balance().ToString());
        Assert.Equal(0, ledger.Balance().UnmarkedDuplicates);
        Assert.DoesNotContain(result.Replies.Keys, code => code >= 500);
        Assert.True(milswitch.IsRunning);
    }

    [RequiresFact("postgres")]
    public async Task Says_what_is_wrong_with_its_database_and_does_not_start()
    {
        var server = await PostgreSqlInstance.SharedAsync();
        var setup = new SwitchSetup { DataFolder = Workspace["data"], Routes = [new RouteSetup("*", "127.0.0.1:1")], Database = server.Connection("nosuch") };
        var file = Workspace["away.yaml"];
        await File.WriteAllTextAsync(file, setup.ToYaml());

        var result = await SwitchProcess.RunAsync(["run", "--config", file]);

        Assert.Equal(7, result.ExitCode);
        Assert.Contains("database \"nosuch\" does not exist", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ready", result.Output, StringComparison.Ordinal);
    }

    private async Task<(SinkServer Sink, SwitchProcess Switch)> StartAsync(string database)
    {
        var sink = StartSink(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(2) });
        var milswitch = await StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Database = database, Routes = [new RouteSetup("*", sink.NextHop, Connections)], Extra = QuickRetries,
        });
        return (sink, milswitch);
    }
}
