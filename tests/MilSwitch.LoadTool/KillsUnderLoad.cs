using MilSwitch.Testing;

namespace MilSwitch.LoadTool;

/// <summary>What is lost and what is doubled when the switch is killed again and again under load?</summary>
internal static class KillsUnderLoad
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var kills = arguments.Number("kills", 50);
        var connections = arguments.Number("connections", 20);
        var json = arguments.Text("json", "");
        arguments.RefuseOthers();
        using var workspace = new Workspace("kills");
        await using var sink = SinkServer.Start(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(2) });
        await using var milswitch = await SwitchProcess.StartAsync(workspace.Folder, new SwitchSetup
        {
            DataFolder = workspace["data"], Routes = [new RouteSetup("*", sink.NextHop, connections)],
            Extra = "precedence:\n  routine: { retry: [1s] }\n",
        }).ConfigureAwait(false);

        var result = await KillLoop.RunAsync(milswitch, sink, kills, kill =>
        {
            if (kill % 10 is 0) Console.Error.WriteLine($"{kill} of {kills} kills");
        }).ConfigureAwait(false);

        var balance = result.Balance;
        Measures.Row("kills", kills);
        Measures.Row("seconds", result.Elapsed.TotalSeconds);
        Measures.Row("accepted", balance.Accepted);
        Measures.Row("lost", balance.Lost.Count);
        Measures.Row("duplicates", balance.Duplicates);
        Measures.Row("  unmarked", balance.UnmarkedDuplicates);
        Measures.Row("  most of one kill", result.MostDuplicatesOfOneKill);
        Measures.Row("marked, doubled or not", balance.Marked);
        Measures.Row("most in flight", result.MostInFlight);
        Measures.Row("slowest start, seconds", result.SlowestStart.TotalSeconds);
        Measures.WriteJson(json, new
        {
            kills, seconds = result.Elapsed.TotalSeconds, balance.Accepted, lost = balance.Lost.Count, balance.Duplicates, balance.UnmarkedDuplicates,
            balance.Marked, result.MostInFlight, result.MostDuplicatesOfOneKill, slowestStart = result.SlowestStart.TotalSeconds,
        });
        var met = Measures.Require("lost", balance.Lost.Count, n => n == 0, "0");
        met &= Measures.Require("duplicates", balance.Duplicates, n => n <= result.DuplicatesAllowed, $"at most {kills} x {result.MostInFlight} in flight");
        met &= Measures.Require("unmarked duplicates", balance.UnmarkedDuplicates, n => n == 0, "0");
        met &= Measures.Require("kills", kills, n => n > 0 && balance.Accepted > 10 * n, "more than 10 messages accepted for each");
        return met ? 0 : 1;
    }
}
