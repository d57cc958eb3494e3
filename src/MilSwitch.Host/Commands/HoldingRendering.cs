using System.Globalization;
using MilSwitch.Host.Api;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Commands;

/// <summary>Holding centre and evidence as text for a person.</summary>
internal static class HoldingRendering
{
    private const int DigestShown = 16;

    public static void Write(TextWriter output, Page<HeldMessageView> page, DateTimeOffset now)
    {
        if (page.Items.Count is 0) return;
        Text.WriteTable(output, ["ID", "PRECEDENCE", "AGE", "DEADLINE", "STEP", "APPROVALS", "NOT BY", "FROM", "TO", "REASON"], page.Items.SelectMany(m => Rows(m, now)));
        if (page.Next is { } next) output.WriteLine($"more: --after {next}");
    }

    public static void WriteDrafts(TextWriter output, Page<HeldMessageView> page, DateTimeOffset now)
    {
        if (page.Items.Count is 0) return;
        Text.WriteTable(output, ["ID", "PRECEDENCE", "AGE", "DEADLINE", "RULE", "RELEASED", "BY", "OPEN", "FROM", "TO", "DIGEST"], page.Items.Select(m => (IReadOnlyList<string>)
        [
            m.Id, m.Precedence, Notation.Write(now - m.AcceptedAt), Until(m.Deadline, now), m.Draft!.Rule, Released(m.Draft), string.Join(", ", m.Draft.Given), string.Join(m.Draft.IsOrdered ? ", then " : ", ", m.Draft.Open),
            m.Sender, string.Join(", ", m.Recipients), m.Draft.Digest,
        ]));
        if (page.Next is { } next) output.WriteLine($"more: --after {next}");
    }

    private static string Released(DraftView draft) => string.Create(CultureInfo.InvariantCulture, $"{draft.Given.Count} of {(draft.Required is { } needed ? needed.ToString(CultureInfo.InvariantCulture) : "?")}");

    public static void Write(TextWriter output, HeldMessageView m, DateTimeOffset now)
    {
        Text.WriteFields(
            output,
            ("id", m.Id),
            ("precedence", m.Precedence),
            ("accepted", $"{Text.Time(m.AcceptedAt)} ({Notation.Write(now - m.AcceptedAt)} ago)"),
            ("warning", $"{Text.Time(m.WarnsAt)} ({Until(m.WarnsAt, now)})"),
            ("deadline", $"{Text.Time(m.Deadline)} ({Until(m.Deadline, now)})"),
            ("size", $"{Text.Number(m.Size)} octets"),
            ("from", m.Sender),
            ("to", string.Join(", ", m.Recipients)),
            ("domain", m.Domain),
            ("reason", m.Reason));
        if (m.Draft is { } draft)
        {
            Text.WriteFields(
                output, ("release", $"{draft.Rule}, {Released(draft)}"), ("released by", string.Join(", ", draft.Given)), ("open", string.Join(draft.IsOrdered ? ", then " : ", ", draft.Open)), ("digest", draft.Digest));
            foreach (var word in draft.Words) output.WriteLine($"  released by {Text.Printable(word.Who)} as {Text.Printable(word.Address)} {Text.Time(word.At)}: {Text.Printable(word.Reason)}");
            output.WriteLine("a draft; milswitch draft release or milswitch draft reject decides about it");
        }
        else if (m.Steps.Count is 0) output.WriteLine("no boundary holds it; milswitch message release lets it go");
        foreach (var step in m.Steps)
        {
            output.WriteLine();
            Text.WriteFields(
                output,
                ("step", step.Step),
                ("boundary", $"{step.Boundary}, from {step.From} to {step.To}"),
                ("since", Text.Time(step.Since)),
                ("keeps back", string.Join(", ", step.Recipients)),
                ("approvals", Approvals(step)),
                ("who may", step.ApprovalsNeeded is 0 ? "nobody" : step.NotBy.Count is 0 ? "every operator" : "every operator but " + string.Join(", ", step.NotBy)),
                ("digest", step.Digest));
            foreach (var reason in step.Reasons) output.WriteLine("  because " + Text.Printable(reason));
            foreach (var approval in step.Approvals) output.WriteLine($"  approved by {Text.Printable(approval.Who)} {Text.Time(approval.At)}: {Text.Printable(approval.Why)}");
        }

        foreach (var correction in m.Corrections) output.WriteLine($"correction asked for by {Text.Printable(correction.Who)} {Text.Time(correction.At)}: {Text.Printable(correction.Why)}");
    }

    public static void Write(TextWriter output, HoldingResultView result) =>
        output.WriteLine($"{Text.Printable(result.Text)}{(result.Needed > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({result.Given.Count} of {result.Needed}: {Text.Printable(string.Join(", ", result.Given))})") : "")}");

    public static void Write(TextWriter output, DecisionsView d)
    {
        if (d.Passages.Count is 0) output.WriteLine("no boundary has seen it");
        foreach (var passage in d.Passages)
        {
            output.WriteLine($"{Text.Time(passage.At)} {Text.Printable(passage.Boundary)} from {passage.From} to {passage.To}: {passage.Outcome}{(passage.Released is { } id ? $", released as {id}" : "")}");
            output.WriteLine("  to " + Text.Printable(string.Join(", ", passage.Recipients)));
            foreach (var step in passage.Steps) Write(output, step);
        }
    }

    public static void Write(TextWriter output, CustodyView c)
    {
        if (c.Records.Count is 0) output.WriteLine("no boundary has changed it");
        else Text.WriteTable(output, ["NUMBER", "AT", "MESSAGE", "ACT", "BEFORE", "AFTER", "RULE", "BY", "REASON"], c.Records.Select(r => (IReadOnlyList<string>)
            [Text.Number(r.Number), Text.Time(r.At), r.Message, r.Act, Short(r.Before), Short(r.After), r.Rule, r.Who, r.Reason]));
        if (c.FirstFault is { } fault) output.WriteLine($"broken: record {Text.Number(fault)} does not follow from the one before it");
    }

    public static void Write(TextWriter output, EvidenceVerdict verdict)
    {
        output.WriteLine(verdict.Verdict);
        Text.WriteFields(
            output,
            ("files", Text.Number(verdict.Files)),
            ("records", Text.Number(verdict.Records)),
            ("signature", verdict.Signature switch
            {
                "good" => $"by {verdict.Signer}",
                "unjudged" => $"holds, by {verdict.Signer}; whether that is to be believed only --anchors tells",
                "bad" => "not good",
                _ => "none: who changed all of it would not be found out",
            }));
        foreach (var problem in verdict.Problems) output.WriteLine($"{Text.Printable(problem.File)}{(problem.Record is { } number ? $": record {Text.Number(number)}" : "")}: {Text.Printable(problem.Text)}");
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(HeldMessageView m, DateTimeOffset now)
    {
        if (m.Steps.Count is 0) yield return Row(m, now, "-", "-", "-", m.Recipients, m.Reason ?? "-");
        foreach (var step in m.Steps)
            yield return Row(m, now, step.Step, Approvals(step), step.NotBy.Count is 0 ? "-" : string.Join(", ", step.NotBy), step.Recipients, string.Join("; ", step.Reasons));
    }

    private static IReadOnlyList<string> Row(HeldMessageView m, DateTimeOffset now, string step, string approvals, string notBy, IReadOnlyList<string> to, string reason) =>
        [m.Id, m.Precedence, Notation.Write(now - m.AcceptedAt), Until(m.Deadline, now), step, approvals, notBy, m.Sender, string.Join(", ", to), reason];

    private static void Write(TextWriter output, StepView step)
    {
        output.WriteLine($"  {step.Step}: {step.Outcome}{(step.ApprovedBy.Count > 0 ? ", approved by " + Text.Printable(string.Join(", ", step.ApprovedBy)) : "")}");
        foreach (var reason in step.Reasons) output.WriteLine("    because " + Text.Printable(reason));
        foreach (var input in step.Inputs) output.WriteLine($"    {Text.Printable(input.Name)}: {Text.Printable(input.Value)}");
        if (step.Outcome == "hold")
            output.WriteLine(step.ApprovalsNeeded is 0 ? "    nobody can lift it" : string.Create(CultureInfo.InvariantCulture, $"    approvals: {step.Approvals.Count} of {step.ApprovalsNeeded}"));
        foreach (var approval in step.Approvals) output.WriteLine($"    approved by {Text.Printable(approval.Who)} {Text.Time(approval.At)}: {Text.Printable(approval.Why)}");
    }

    private static string Approvals(HeldStepView step) =>
        step.ApprovalsNeeded is 0 ? "impossible" : string.Create(CultureInfo.InvariantCulture, $"{step.Approvals.Count}/{step.ApprovalsNeeded}");

    private static string Until(DateTimeOffset time, DateTimeOffset now) => time > now ? "in " + Notation.Write(time - now) : "over for " + Notation.Write(now - time);

    private static string Short(string digest) => digest.Length > DigestShown ? digest[..DigestShown] : digest.Length is 0 ? "-" : digest;
}
