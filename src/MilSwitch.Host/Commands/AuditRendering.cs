using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Audit trails for people.</summary>
internal static class AuditRendering
{
    public static void Write(TextWriter output, Page<AuditRecordView> page) => Text.WriteTable(
        output, ["TIME", "TRAIL", "NUMBER", "KIND", "MESSAGE", "RCPT", "ACTOR", "DETAIL"],
        page.Items.Select(r => (string[])
        [
            Text.Time(r.At), Text.Number(r.Trail), Text.Number(r.Sequence), r.Kind, r.Message ?? "-", r.Recipient is { } n ? Text.Number(n) : "-", Text.Printable(r.Actor ?? "-"), Text.Printable(r.Detail),
        ]));

    public static void Write(TextWriter output, Page<AuditCheckpointView> page) => Text.WriteTable(
        output, ["TIME", "TRAIL", "NUMBER", "KIND", "NODE", "RECORDS", "SIGNED", "PRUNED", "ID"],
        page.Items.Select(c => (string[])
        [
            Text.Time(c.At), Text.Number(c.Trail), Text.Number(c.Number), c.Kind, Text.Printable(c.Node), Text.Number(c.Sequence), c.Signed ? "yes" : "no",
            c.PrunedFrom is { } from && c.PrunedTo is { } to ? $"{Text.Number(from)}-{Text.Number(to)}" : "-", c.Id,
        ]));

    public static void Write(TextWriter output, AuditReportView report)
    {
        output.WriteLine(report.Verdict);
        if (report.Problem is { } problem) output.WriteLine("file: " + Text.Printable(problem));
        if (report.Signature is { } signature) output.WriteLine("signature over the export: " + signature + (signature is "unjudged" ? "; it holds, and only --anchors tells by whom" : ""));
        foreach (var trail in report.Trails)
        {
            output.WriteLine(
                $"trail {Text.Number(trail.Trail)}: {(trail.Fault is null ? "intact" : trail.Fault.Kind)}, {Text.Number(trail.Records)} records"
                + (trail.Records > 0 ? $" ({Text.Number(trail.First)} to {Text.Number(trail.Last)})" : "")
                + (trail.Pruned > 0 ? $", pruned up to {Text.Number(trail.Pruned)}" : ""));
            if (trail.Fault is { } fault) output.WriteLine($"  {Text.Number(fault.Sequence)}: {Text.Printable(fault.Text)}");
            foreach (var stretch in trail.Unclaimed ?? [])
                output.WriteLine($"  {Text.Number(stretch.From)} to {Text.Number(stretch.To)}: written between a node's stop and the next start's first checkpoint; a start that ended at once did it, or somebody who can write the store");
            output.WriteLine(trail switch
            {
                { Checkpoints: 0 } => "  no checkpoint: only the chain speaks for it",
                { Signed: 0 } => $"  {Text.Number(trail.Checkpoints)} checkpoints, none signed: whoever can write the store could have made them; the last of {Text.Time(trail.CoveredAt)} up to {Text.Number(trail.CoveredUntil)}",
                _ => $"  {Text.Number(trail.Checkpoints)} checkpoints, {Text.Number(trail.Signed)} signed, the last by {Text.Printable(trail.Signer ?? "somebody")} up to {Text.Number(trail.SignedUntil)}; the last of {Text.Time(trail.CoveredAt)} up to {Text.Number(trail.CoveredUntil)}",
            });
        }
    }
}
