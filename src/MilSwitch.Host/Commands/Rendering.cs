using System.Globalization;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Api;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Commands;

/// <summary>The API's answers as text for a person.</summary>
internal static partial class Rendering
{
    private static readonly string[] Levels = ["override", "flash", "immediate", "priority", "routine", "deferred"];

    public static void Write(TextWriter output, StatusView s)
    {
        Text.WriteFields(
            output,
            ("node", $"{s.Node}, version {s.Version}, {(s.Ready ? "ready" : "not ready")}"),
            ("started", $"{Text.Time(s.StartedAt)} ({Notation.Write(s.Now - s.StartedAt)} ago)"),
            ("store", $"{s.Spool}, {Notation.WriteSize(s.UsedOctets)} used, {(s.FreeOctets == SpoolUsage.Unknown ? "" : $"{Notation.WriteSize(s.FreeOctets)} free, ")}{s.Partitions} partitions"),
            ("links", $"{s.Links}, {s.LinksDown} down"),
            ("held", Text.Number(s.Held)));
        foreach (var token in s.Tokens) output.WriteLine($"token: {token.Name}, {token.State} since {Text.Time(token.Since)}");
        foreach (var alarm in s.Alarms) output.WriteLine("alarm: " + Text.Printable(alarm));
        output.WriteLine();
        Text.WriteTable(output, ["PRECEDENCE", "QUEUED", "OLDEST", "ACCEPTED", "DELIVERED", "FAILED"], s.Precedences.Reverse().Select(p => (IReadOnlyList<string>)
        [
            p.Precedence, Text.Number(p.Queued), p.OldestSeconds is { } age ? Notation.Write(TimeSpan.FromSeconds(age)) : "-",
            Text.Number(p.Accepted), Text.Number(p.Delivered), Text.Number(p.Failed),
        ]));
    }

    public static void Write(TextWriter output, Page<QueuedMessageView> page, DateTimeOffset now)
    {
        Text.WriteTable(output, ["ID", "PRECEDENCE", "STATE", "AGE", "SIZE", "FROM", "TO", "LINK", "LAST"], page.Items.Select(m => (IReadOnlyList<string>)
        [
            m.Id, m.Precedence, m.State, Notation.Write(now - m.AcceptedAt), Text.Number(m.Size), m.Sender.Length == 0 ? "<>" : m.Sender,
            (m.Recipients.Count > 0 ? m.Recipients[0].Address : "-") + (m.Recipients.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" +{m.Recipients.Count - 1}") : ""),
            m.Recipients.Count > 0 ? m.Recipients[0].Link ?? "-" : "-",
            m.HeldBecause ?? (m.Recipients.Count > 0 ? Reply(m.Recipients[0].LastReply) : "-"),
        ]));
        if (page.Next is { } next) output.WriteLine($"more: --after {next}");
    }

    public static void Write(TextWriter output, Page<ShapeRowView> page)
    {
        string[] ages = ["<5m", "<10m", "<20m", "<40m", "<80m", "<160m", "<320m", "<640m", "<1280m", "older"];
        Text.WriteTable(output, ["NAME", "TOTAL", .. ages], page.Items.Select(r => (IReadOnlyList<string>)
            [r.Name, Text.Number(r.Total), .. Enumerable.Range(0, ages.Length).Select(i => Text.Number(i < r.ByAge.Count ? r.ByAge[i] : 0))]));
    }

    public static void Write(TextWriter output, MessageView m)
    {
        (string Name, string? Value)[] fields =
        [
            ("id", m.Id),
            ("state", m.HeldBecause is null ? m.State : $"{m.State}, because {m.HeldBecause}"),
            ("precedence", m.Priority is { } priority ? string.Create(CultureInfo.InvariantCulture, $"{m.Precedence} (MT-PRIORITY {priority})") : m.Precedence),
            ("accepted", Text.Time(m.AcceptedAt)),
            ("size", $"{Text.Number(m.Size)} octets{(m.HasContent ? "" : ", content gone")}"),
            ("sha-256", m.Digest),
            ("from", m.Sender.Length == 0 ? "<>" : m.Sender),
            ("message-id", m.MessageId),
            ("envelope id", m.EnvelopeId),
            ("body", m.Body + (m.SmtpUtf8 ? ", SMTPUTF8" : "") + (m.RequireTls ? ", REQUIRETLS" : "")),
            ("minimize", m.MinimizeConsidered ? "exempt: MINIMIZE CONSIDERED" : null),
            ("deliver by", m.DeliverBy is { } by ? $"{Text.Time(by.Deadline)}, then {by.Mode}{(by.Trace ? ", traced" : "")}" : null),
            ("hold until", m.HoldUntil is { } hold ? Text.Time(hold) : null),
            ("came by", $"{m.Origin.Listener} {m.Origin.ClientAddress} ({m.Origin.Helo}){(m.Origin.AuthenticatedAs is { } who ? " as " + who : "")}{(m.Origin.Tls is { } tls ? ", " + tls : "")}"),
            ("domain", m.Domain),
            ("made from", m.Parent),
            ("made of it", string.Join(", ", m.Reports)),
            ("date-time group", m.DateTimeGroup),
            ("filing time", m.FilingTime),
            ("out of date", m.OutOfDateFrom is { } late ? "from " + Text.Time(late) : null),
            ("supersedes", m.Supersedes),
            ("superseded by", string.Join(", ", m.SupersededBy)),
            .. (m.Mmhs?.Given() ?? []).Select(f => (f.Field.Name(), (string?)string.Join("; ", f.Values))),
        ];
        Text.WriteFields(output, fields);
        output.WriteLine();
        Text.WriteTable(output, ["TO", "STATE", "PRECEDENCE", "LINK", "TRIES", "DUE", "LAST"], m.Recipients.Select(r => (IReadOnlyList<string>)
            [r.Address, r.State, r.Precedence, r.Link ?? "-", Text.Number(r.Attempts), Text.Time(r.Due), Reply(r.LastReply)]));
        if (m.Signatures is { Count: > 0 } signatures)
        {
            output.WriteLine();
            Text.WriteTable(output, ["NO", "ROLE", "BY", "VERDICT", "STANDS", "SAYS AT"], signatures.Select(s => (IReadOnlyList<string>)
            [
                Text.Number(s.Number), s.Role, s.Subject ?? "certificate not at hand", Listed([s.Reasons.Count > 0 ? $"{s.Verdict} {string.Join(' ', s.Reasons)}" : s.Verdict]),
                s.Covers.Count is 0 ? "nearest to the content" : (s.Countersigns ? "on " : "around ") + string.Join(", ", s.Covers.Select(c => Text.Number(c))), Text.Time(s.SignedAt),
            ]));
        }

        if (m.Acknowledgments.Count > 0)
        {
            output.WriteLine();
            Text.WriteTable(output, ["ACKNOWLEDGED BY", "COPY", "GRADES", "AWAITED", "UNTIL", "ALARMS", "ACTION POINT"], m.Acknowledgments.Select(a => (IReadOnlyList<string>)
            [
                a.Recipient, a.Message, Listed(a.Grades.Select(g => $"{g.Grade} {Text.Time(g.At)}")), a.SettledAt is null ? Listed(a.Missing) : "-", a.SettledAt is null ? Text.Time(Until(a)) : "-",
                Listed(a.Alarms), a.ActionPoint is null ? "-" : a.AlternateSentAt is { } sent ? $"{a.ActionPoint}, sent {Text.Time(sent)}" : $"{a.ActionPoint}, {(a.ActionPointDeadline is { } due ? "due " + Text.Time(due) : "never due")}",
            ]));
        }

        if (m.Audit.Count == 0) return;
        output.WriteLine();
        Text.WriteTable(output, ["AT", "WHAT", "TO", "BY", "DETAIL"], m.Audit.Select(a => (IReadOnlyList<string>)
        [
            a.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), a.Kind,
            a.Recipient is { } to && to < m.Recipients.Count ? m.Recipients[to].Address : "-", a.Actor ?? "-", a.Detail,
        ]));
    }

    // The next alarm, by what is missing.
    private static DateTimeOffset? Until(AcknowledgmentView a)
    {
        DateTimeOffset?[] all = [a.Missing.Contains("report") ? a.ReportDeadline : null, a.Missing.Any(m => m is not "report") ? a.ReceiptDeadline : null];
        return all.Min();
    }

    private static string Listed(IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } text ? text : "-";

    public static void Write(TextWriter output, Page<MessageView> page)
    {
        Text.WriteTable(output, ["ID", "ACCEPTED", "STATE", "PRECEDENCE", "FROM", "TO", "OUTCOME", "MESSAGE-ID"], page.Items.SelectMany(m => m.Recipients.Select(r => (IReadOnlyList<string>)
            [m.Id, Text.Time(m.AcceptedAt), m.State, m.Precedence, m.Sender.Length == 0 ? "<>" : m.Sender, r.Address, r.State, m.MessageId ?? "-"])));
        if (page.Next is { } next) output.WriteLine($"more: --before {next}");
    }

    public static void Write(TextWriter output, Page<LinkView> page) =>
        Text.WriteTable(output, ["LINK", "NODE", "STATE", "CONNECTIONS", "WAITING", "URGENT", "DEFERRED", "DELIVERED", "FAILED", "LAST FAULT"], page.Items.Select(l => (IReadOnlyList<string>)
        [
            l.Name, l.Node, State(l), string.Create(CultureInfo.InvariantCulture, $"{l.Connections}/{l.ConnectionLimit}"), Text.Number(l.Waiting.Values.Sum()),
            Text.Number(Levels.Take(3).Sum(level => l.Waiting.GetValueOrDefault(level))), Text.Number(l.Deferred), Text.Number(l.Delivered), Text.Number(l.Failed), l.LastFault,
        ]));

    public static void Write(TextWriter output, LinkView l) => Text.WriteFields(
        output,
        ("link", l.Name),
        ("node", l.Node),
        ("state", State(l)),
        ("next try", l.NextTry is { } time ? Text.Time(time) : null),
        ("last fault", l.LastFault),
        ("last reply", l.LastReply),
        ("tls", l.Tls),
        ("targets", string.Join(", ", l.Targets)),
        ("connections", string.Create(CultureInfo.InvariantCulture, $"{l.Connections} of {l.ConnectionLimit}, {l.Busy} busy")),
        ("waiting", string.Join(", ", Levels.Where(l.Waiting.ContainsKey).Select(level => $"{level} {Text.Number(l.Waiting[level])}"))),
        ("deferred", Text.Number(l.Deferred)),
        ("delivered", Text.Number(l.Delivered)),
        ("failed", Text.Number(l.Failed)),
        ("suspected", Text.Number(l.Suspected)),
        ("rules", string.Join(", ", l.Rules)));

    public static void Write(TextWriter output, Page<RuleView> page) =>
        Text.WriteTable(output, ["ID", "KIND", "SCOPE", "WHAT", "UNTIL", "BY", "REASON"], page.Items.Select(r => (IReadOnlyList<string>)
            [r.Id, r.Kind, r.Scope, What(r), Text.Time(r.Expires), r.Author, r.Reason]));

    public static void Write(TextWriter output, RuleView r) => Text.WriteFields(
        output,
        ("dry run", r.DryRun is { } trial ? $"nothing was done; {Text.Number(trial.Messages)} queued messages would be treated otherwise" : null),
        ("id", r.Id.Length == 0 ? null : r.Id),
        ("kind", r.Kind),
        ("scope", r.Scope),
        ("what", What(r)),
        ("until", Text.Time(r.Expires)),
        ("given", $"{Text.Time(r.CreatedAt)} by {r.Author}"),
        ("reason", r.Reason),
        ("tag", r.DryRun is null ? r.Tag : null));

    public static void Write(TextWriter output, Page<AlarmView> page)
    {
        if (page.Items.Count > 0) Text.WriteTable(output, ["SINCE", "NODE", "SEVERITY", "STATE", "ALARM", "WHAT"], page.Items.Select(a => (IReadOnlyList<string>)[Text.Time(a.Since), a.Node, a.Severity, How(a), a.Id, a.Text]));

        static string How(AlarmView a) =>
            (a.ShelvedUntil is { } until ? $"shelved until {Text.Time(until)}" : a.Suppressed ? "suppressed" : a.AcknowledgedBy is { } who ? $"{a.State} by {who}" : a.State) + (a.Chattering ? ", chattering" : "");
    }

    public static void Write(TextWriter output, Page<AlarmHappeningView> page)
    {
        if (page.Items.Count > 0)
            Text.WriteTable(output, ["AT", "NODE", "SEVERITY", "ALARM", "WHAT", "BY", "NOTE"], page.Items.Select(h => (IReadOnlyList<string>)[Text.Time(h.At), h.Node, h.Severity, h.Id, h.Act, h.By ?? "-", h.Note]));
    }

    public static void Write(TextWriter output, ConfigurationStateView c) => Text.WriteFields(output, ("file", c.File), ("in force since", Text.Time(c.Since)), ("tag", c.Tag));

    public static void Write(TextWriter output, ActResultView result)
    {
        foreach (var outcome in result.Outcomes) output.WriteLine($"{outcome.Id}  {(outcome.Done ? result.DryRun ? "would do" : "done" : "failed")}  {Text.Printable(outcome.Text)}".TrimEnd());
    }

    public static void Write(TextWriter output, RouteView route, bool explain)
    {
        Text.WriteFields(
            output,
            ("address", route.Address),
            ("link", route.Link ?? "none"),
            ("refused", route.Refusal),
            ("targets", string.Join(", ", route.Targets)),
            ("rules", string.Join(", ", route.Rules)));
        if (!explain) return;
        foreach (var step in route.Steps) output.WriteLine("  " + Text.Printable(step));
    }

    public static void Write(TextWriter output, LabelCatalogueView catalogue)
    {
        output.WriteLine($"{Text.Printable(catalogue.PolicyName)}{(catalogue.PolicyVersion.Length > 0 ? " version " + Text.Printable(catalogue.PolicyVersion) : "")} ({catalogue.Policy})");
        foreach (var item in catalogue.Items)
        {
            output.WriteLine($"{Text.Printable(item.Name)}{(item.Label is null ? "  (only with one of these)" : "  " + Text.Printable(item.Marking ?? ""))}");
            foreach (var set in item.Categories.GroupBy(c => (c.TagSetName, c.Type)))
                output.WriteLine($"  {Text.Printable(set.Key.TagSetName)} ({set.Key.Type}): {string.Join(", ", set.Select(c => Text.Printable(c.Name)))}");
        }
    }

    private static string State(LinkView link) => link.Up ? "up" : link.Breaker == "half-open" ? "probing" : "down";

    private static string What(RuleView rule) => rule.Level is { } level
        ? level + " and above" + (rule.RefuseAtEntry ? ", refuse at entry" : "")
        : rule.Link ?? "-";

    private static string Reply(ReplyView? reply) => reply is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{reply.Code} {reply.Status} {reply.Text}");
}
