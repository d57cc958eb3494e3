using System.CommandLine;
using System.Globalization;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>How long messages are in the switch.</summary>
public sealed partial class CommandLine
{
    private Command Statistics()
    {
        var since = new Option<string?>("--since") { Description = "Accepted at this time or later, or so long ago or less, such as 8h; 24h when absent", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Accepted before this time, or longer ago than this; now when absent", HelpName = "TIME" };
        var by = new Option<string?>("--by") { Description = "precedence (when absent) or hop: the host that took it", HelpName = "WORD" };
        by.AcceptOnlyFromAmong("precedence", "hop");
        var command = Remote("statistics", "Time in switch by level or next hop, out of what is stored; exit 1 when not all of it was counted", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/statistics" + Query(("since", arguments.GetValue(since)), ("until", arguments.GetValue(until)), ("by", arguments.GetValue(by))), cancellationToken);
            Show(arguments, text, ApiJson.Default.StatisticsView, Write);
            return Read(text, ApiJson.Default.StatisticsView).Complete ? ExitCodes.Done : ExitCodes.Bad;
        });
        foreach (var option in new Option[] { since, until, by }) command.Options.Add(option);
        return Example(command, "milswitch statistics --since 24h", "milswitch statistics --since 2030-01-01T00:00:00Z --until 2030-01-02T00:00:00Z --by hop --json");
    }

    private void Write(StatisticsView view)
    {
        var output = environment.Output;
        output.WriteLine($"accepted {Text.Time(view.Since)} to {Text.Time(view.Until)}: {Text.Number(view.Messages)} messages{(view.Complete ? "" : ", the newest; there are more")}");
        Text.WriteTable(output, [view.By == "hop" ? "HOP" : "PRECEDENCE", "DELIVERED", "MEDIAN", "90%", "99%", "WORST", "SPEED OF SERVICE", "WITHIN", "FAILED", "WAITING"], view.Rows.Select(r => (IReadOnlyList<string>)
        [
            r.Key, Text.Number(r.Delivered), Delay(r.Median), Delay(r.NinetyPercent), Delay(r.NinetyNinePercent), Delay(r.Worst), Delay(r.SpeedOfService),
            // Down, so that nobody reads 100 % where one was late.
            r.Within is { } share ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(share * 1000) / 10:0.0}%") : "-", Text.Number(r.Failed), Text.Number(r.Waiting),
        ]));

        static string Delay(double? seconds) => seconds switch
        {
            null => "-",
            < 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(seconds.Value * 1000)}ms"),
            _ => Configuration.Notation.Write(TimeSpan.FromSeconds(Math.Round(seconds.Value))),
        };
    }
}
