using System.Globalization;
using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>What a switch answers to a tracer: when a message came, which nodes had it, what became of it for whom, and where it went on.</summary>
internal static class TracerReport
{
    /// <param name="detail">The message.</param>
    /// <param name="near">What it was made from and what was made of it, as far as it is known.</param>
    /// <param name="onward">What those said who took it over; null: nobody was asked.</param>
    /// <param name="node">Who reports.</param>
    /// <param name="now">When.</param>
    public static string Of(MessageDetail detail, IReadOnlyList<StoredMessage> near, OnwardAnswer? onward, string node, DateTimeOffset now)
    {
        var (message, envelope) = (detail.Message, detail.Message.Envelope);
        var text = new StringBuilder();
        Line($"TRACER REPORT OF {node} AT {Say.Dtg(now)}");
        Line($"MESSAGE {message.Id}, MESSAGE-ID {message.MessageIdField ?? "NONE"}, {envelope.Precedence.Keyword().ToUpperInvariant()}{(envelope.Domain is { } own ? $", DOMAIN {own}" : "")}");
        Line($"FROM {envelope.ReversePath}");
        Line($"RECEIVED {Say.Dtg(envelope.ArrivedAt)} ({Say.Time(envelope.ArrivedAt)}) FROM {envelope.Origin.ClientAddress} BY {envelope.Origin.Listener}");
        if (message.Parent is { } parent) Line($"MADE FROM {parent}{Where(near.FirstOrDefault(m => m.Id == parent)?.Envelope)} BY {envelope.Origin.Listener}");
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            var stored = i < message.Recipients.Length ? message.Recipients[i] : null;
            Line($"TO {envelope.Recipients[i].Address.Text}: {(stored is null ? "UNKNOWN" : Say.Word(stored.State).ToUpperInvariant())}{(stored?.Target is { Length: > 0 } target ? $" BY {target}" : "")}{(stored?.Reply is { } reply ? $", {reply}" : "")}");
        }

        foreach (var child in near.Where(m => m.Parent == message.Id)) Line($"WENT ON AS {child.Id}{Where(child.Envelope)} BY {child.Envelope.Origin.Listener} FOR {string.Join(", ", child.Envelope.Recipients.Take(10).Select(r => r.Address.Text))}{(child.Envelope.Recipients.Length > 10 ? " AND OTHERS" : "")}");
        foreach (var share in detail.Nodes)
            Line($"NODE {Name(share.Node)}: {(share.Parts is NodeParts.None ? "recorded what a person did" : string.Join(", ", Enum.GetValues<NodeParts>().Where(p => p is not NodeParts.None && share.Parts.HasFlag(p)).Select(Say.Word)))}, {Say.Time(share.From)} TO {Say.Time(share.Until)}");
        if (detail.Owner is { } owner) Line($"OWNED NOW BY NODE {Name(owner)}");
        Line($"");
        for (var i = 0; i < detail.Audit.Length; i++)
        {
            var e = detail.Audit[i];
            Line($"{Say.Time(e.At)}  {(i < detail.Recorders.Length ? Name(detail.Recorders[i]) : "-"),-8} {Say.Word(e.Kind),-12} {(e.Recipient >= 0 && e.Recipient < envelope.Recipients.Length ? envelope.Recipients[e.Recipient].Address.Text : "-")}  {e.Detail}{(e.Actor is null ? "" : $"  ({e.Actor})")}");
        }

        Line($"");
        if (onward is null) Line($"BEYOND THIS SWITCH: {(envelope.Tracking is null ? "nobody can be asked, it came without MTRK" : "nobody was asked")}");
        else Tell(onward);
        return text.ToString();

        string Where(Envelope? other) => other?.Domain != envelope.Domain ? $" OF DOMAIN {other?.Domain ?? "UNKNOWN"}" : "";

        void Tell(OnwardAnswer answer)
        {
            Line($"BEYOND THIS SWITCH: {answer.NotAsked ?? "as told there"}");
            foreach (var host in answer.Hosts)
            {
                Line($"HOST {host.Host}{(host.Server is { } server ? $" ASKED AT {server}{(host.IsSecured ? " (TLS)" : "")}" : "")}: {(host.Outcome is not OnwardOutcome.Found ? $"{Say.Word(host.Outcome)}, {host.Detail}" : host.Found.IsEmpty ? "found nothing that is not known here" : "found")}");
                foreach (var status in host.Found)
                {
                    Line($"  {status.ReportingMta} HAS IT SINCE {Say.Time(status.ArrivedAt)}");
                    foreach (var r in status.Recipients) Line($"    TO {r.Final.Address}: {Say.Word(r.Action).ToUpperInvariant()} {r.Status}{(r.RemoteMta is { } mta ? $" BY {mta}" : "")}{(r.LastAttempt is { } at ? $", {Say.Time(at)}" : "")}");
                }
            }
        }

        // The whole is lines: nothing that somebody sent makes another one.
        void Line(FormattableString line) => text.AppendJoin("", line.ToString(CultureInfo.InvariantCulture).Select(c => char.IsControl(c) ? '\u2423' : c)).Append('\n');
    }

    private static string Name(Domain.Clustering.NodeIdentity node) => node.Incarnation is 0 ? node.Name : node.ToString();
}
