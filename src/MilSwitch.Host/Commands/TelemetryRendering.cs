using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Log levels and traces for people.</summary>
internal static class TelemetryRendering
{
    public static void Write(TextWriter output, LoggingView view)
    {
        output.WriteLine("configured: " + view.Configured);
        if (view.Changed.Count is 0) return;
        Text.WriteTable(output, ["CATEGORY", "LEVEL", "UNTIL", "BY", "REASON"], view.Changed.Select(c => new[] { c.Category ?? "*", c.Level, Text.Time(c.Until), c.By, c.Reason }));
    }

    public static void Write(TextWriter output, Page<TraceView> page) => Text.WriteTable(
        output, ["ID", "PEER", "STATE", "STARTED", "UNTIL", "LINES", "BY", "REASON"],
        page.Items.Select(t => new[] { t.Id, t.Peer, t.On ? "on" : "over", Text.Time(t.StartedAt), Text.Time(t.Until), Text.Number(t.Recorded), t.By, t.Reason }));

    public static void WriteLines(TextWriter output, TraceView view)
    {
        if (view.Dropped > 0) output.WriteLine($"({Text.Number(view.Dropped)} older lines are gone)");
        foreach (var line in view.Lines ?? [])
        {
            var mark = line.From switch { "client" => "C:", "server" => "S:", _ => "--" };
            output.WriteLine(Text.Printable($"{line.At.UtcDateTime.ToString("HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture)} {Text.Number(line.Session)} {mark} {line.Text}"));
        }
    }
}
