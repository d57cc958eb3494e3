using System.Globalization;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Commands;

/// <summary>
/// A tracer report: one message with all that it was made of and that was made of it (copies behind boundaries, released drafts, what
/// lists and profilers distributed, copies for action points, reports), in whichever node and security domain each is. The oldest first.
/// </summary>
/// <param name="Messages">One at least.</param>
/// <param name="IsWhole">False: there are more than are told of.</param>
internal sealed record MessageTrace(IReadOnlyList<MessageView> Messages, bool IsWhole)
{
    /// <summary>A list of many members makes as many messages.</summary>
    private const int Most = 500;

    /// <param name="id">Of any of them.</param>
    /// <param name="read">The JSON of one message.</param>
    /// <exception cref="CommandFault">This very message can't be read; one that is forgotten is passed over.</exception>
    public static async Task<MessageTrace> FollowAsync(string id, Func<string, Task<string>> read)
    {
        var found = new Dictionary<string, MessageView>(StringComparer.Ordinal);
        var first = await ReadAsync(id).ConfigureAwait(false);
        found.Add(first.Id, first);
        var next = new Queue<string>(Near(first));
        var seen = new HashSet<string>(next, StringComparer.Ordinal) { first.Id };
        while (found.Count < Most && next.TryDequeue(out var other))
        {
            try
            {
                var message = await ReadAsync(other).ConfigureAwait(false);
                found.Add(message.Id, message);
                foreach (var near in Near(message).Where(seen.Add)) next.Enqueue(near);
            }
            catch (CommandFault fault) when (fault.ExitCode is ExitCodes.NotFound)
            {
                // Forgotten before the others.
            }
        }

        return new MessageTrace([.. found.Values.OrderBy(m => m.AcceptedAt).ThenBy(m => m.Id, StringComparer.Ordinal)], next.Count is 0);

        async Task<MessageView> ReadAsync(string one) => JsonSerializer.Deserialize(await read(one).ConfigureAwait(false), ApiJson.Default.MessageView) ?? throw new JsonException();

        static IEnumerable<string> Near(MessageView message) => message.Parent is { } parent ? message.Reports.Append(parent) : message.Reports;
    }

    /// <param name="output">Of the command.</param>
    /// <param name="onward">What those beyond the switch said; null: nobody was asked.</param>
    public void Write(TextWriter output, IReadOnlyList<OnwardView>? onward = null)
    {
        var start = Messages[0].AcceptedAt;
        output.WriteLine($"TRACER REPORT of {Text.Number(Messages.Count)} {(Messages.Count is 1 ? "message" : "messages")}{(IsWhole ? "" : ", the first of more")}");
        output.WriteLine();
        Text.WriteTable(output, ["ID", "MADE OF", "BY", "DOMAIN", "PRECEDENCE", "ACCEPTED", "TO", "STATE", "AT", "AFTER"], Messages.SelectMany(m => m.Recipients.Select((r, i) => (IReadOnlyList<string>)
            [m.Id, m.Parent ?? "-", m.Origin.Listener, m.Domain ?? "-", r.Precedence, Text.Time(m.AcceptedAt), r.Address, r.State, r.Target ?? "-", Ended(m, i) is { } at ? Since(m.AcceptedAt, at) : "-"])));
        output.WriteLine();
        if (Messages.Any(m => m.Nodes.Count > 0))
        {
            Text.WriteTable(output, ["ID", "NODE", "DID", "FROM", "UNTIL"], Messages.SelectMany(m => m.Nodes.Select(n => (IReadOnlyList<string>)
                [m.Id, n.Node.ToString(), n.Did.Count > 0 ? string.Join(", ", n.Did) : "recorded what a person did", Text.Time(n.From), Text.Time(n.Until)])
                .Concat(m.Owner is { } owner ? [[m.Id, owner.ToString(), "owns it now", "-", "-"]] : [])));
            output.WriteLine();
        }

        var domains = Messages.ToDictionary(m => m.Id, m => m.Domain, StringComparer.Ordinal);
        var passages = Messages.Where(m => m.Parent is { } parent && domains.TryGetValue(parent, out var from) && from != m.Domain).ToArray();
        foreach (var m in passages) output.WriteLine(Text.Printable($"{m.Parent} of domain {domains[m.Parent!] ?? "none"} went on into domain {m.Domain ?? "none"} as {m.Id}: made from {m.Parent} by {m.Origin.Listener}"));
        if (passages.Length > 0) output.WriteLine();
        WriteOnward(output, onward);
        output.WriteLine();
        Text.WriteTable(output, ["AT", "AFTER", "ID", "WHAT", "TO", "NODE", "BY", "DETAIL"], Messages.SelectMany(m => m.Audit.Select(a => (Message: m, Event: a))).OrderBy(e => e.Event.At).Select(e => (IReadOnlyList<string>)
        [
            e.Event.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), Since(start, e.Event.At), e.Message.Id, e.Event.Kind,
            e.Event.Recipient is { } to && to < e.Message.Recipients.Count ? e.Message.Recipients[to].Address : "-", e.Event.Node?.ToString() ?? "-", e.Event.Actor ?? "-", e.Event.Detail,
        ]));
    }

    /// <summary>What those said who took a message over.</summary>
    public static void Write(TextWriter output, OnwardView view)
    {
        output.WriteLine(Text.Printable($"BEYOND THIS SWITCH, message {view.Message}{(view.NotAsked is { } why ? $": {why}" : "")}"));
        foreach (var host in view.Hosts)
        {
            output.WriteLine(Text.Printable($"  {host.Host}{(host.Server is { } server ? $", asked at {server}{(host.Secured ? " (TLS)" : "")}" : "")}: {(host.Outcome is "found" ? host.Statuses.Count > 0 ? "found" : "found nothing that is not known here" : $"{host.Outcome}, {host.Detail}")}"));
            Write(output, "    ", host.Statuses);
        }
    }

    /// <summary>What systems said of a message.</summary>
    public static void Write(TextWriter output, string indent, IEnumerable<MtqpStatusView> statuses)
    {
        foreach (var status in statuses)
        {
            output.WriteLine(indent + Text.Printable($"{status.ReportingMta} has it since {Text.Time(status.ArrivedAt)}"));
            foreach (var r in status.Recipients)
            {
                string?[] parts =
                [
                    r.Final, r.Action, r.Status, r.RemoteMta is { } mta ? "at " + mta : null, r.LastAttempt is { } attempt ? Text.Time(attempt) : null,
                    r.WillRetryUntil is { } until ? "until " + Text.Time(until) : null,
                ];
                output.WriteLine(indent + "  " + Text.Printable(string.Join("  ", parts.OfType<string>())));
            }
        }
    }

    private void WriteOnward(TextWriter output, IReadOnlyList<OnwardView>? onward)
    {
        if (onward is not null)
        {
            foreach (var view in onward) Write(output, view);
            return;
        }

        output.WriteLine(Messages.Any(m => m.TrackedUntil is not null)
            ? "BEYOND THIS SWITCH: nobody was asked; --secret-file asks with the originator's secret"
            : "BEYOND THIS SWITCH: nobody can be asked, nothing of it came with MTRK");
    }

    // The last that happened to a recipient who is done.
    private static DateTimeOffset? Ended(MessageView message, int recipient) => message.Recipients[recipient].State is "queued" or "armed" or "held"
        ? null
        : message.Audit.Where(a => a.Recipient == recipient || a.Recipient is null).Select(a => (DateTimeOffset?)a.At).LastOrDefault();

    private static string Since(DateTimeOffset from, DateTimeOffset to) => to - from is var span && span >= TimeSpan.FromSeconds(1)
        ? Notation.Write(TimeSpan.FromSeconds(Math.Floor(span.TotalSeconds)))
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalMilliseconds):0}ms");
}
