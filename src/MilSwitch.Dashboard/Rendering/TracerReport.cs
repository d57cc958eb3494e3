using System.Globalization;
using System.Text;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>What a switch answers to a tracer: when a message came, and what became of it for whom.</summary>
internal static class TracerReport
{
    public static string Of(MessageDetail detail, string node, DateTimeOffset now)
    {
        var (message, envelope) = (detail.Message, detail.Message.Envelope);
        var text = new StringBuilder();
        Line($"TRACER REPORT OF {node} AT {Say.Dtg(now)}");
        Line($"MESSAGE {message.Id}, MESSAGE-ID {message.MessageIdField ?? "NONE"}, {envelope.Precedence.Keyword().ToUpperInvariant()}");
        Line($"FROM {envelope.ReversePath}");
        Line($"RECEIVED {Say.Dtg(envelope.ArrivedAt)} ({Say.Time(envelope.ArrivedAt)}) FROM {envelope.Origin.ClientAddress} BY {envelope.Origin.Listener}");
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            var stored = i < message.Recipients.Length ? message.Recipients[i] : null;
            Line($"TO {envelope.Recipients[i].Address.Text}: {(stored is null ? "UNKNOWN" : Say.Word(stored.State).ToUpperInvariant())}{(stored?.Target is { Length: > 0 } target ? $" BY {target}" : "")}{(stored?.Reply is { } reply ? $", {reply}" : "")}");
        }

        Line($"");
        foreach (var e in detail.Audit) Line($"{Say.Time(e.At)}  {Say.Word(e.Kind),-12} {(e.Recipient >= 0 && e.Recipient < envelope.Recipients.Length ? envelope.Recipients[e.Recipient].Address.Text : "-")}  {e.Detail}{(e.Actor is null ? "" : $"  ({e.Actor})")}");
        return text.ToString();

        // The whole is lines: nothing that somebody sent makes another one.
        void Line(FormattableString line) => text.AppendJoin("", line.ToString(CultureInfo.InvariantCulture).Select(c => char.IsControl(c) ? '\u2423' : c)).Append('\n');
    }
}
