using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Host.Api;

/// <summary>A line of the audit trail.</summary>
/// <param name="Trail">Of which trail: 0 with the store in a folder, else the run.</param>
/// <param name="Sequence">Its number there.</param>
/// <param name="At">When it was decided.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Message">To which message; null: it is about the switch.</param>
/// <param name="Recipient">To which of its recipients; null: to all or none.</param>
/// <param name="Detail">More.</param>
/// <param name="Actor">The person; null: the switch.</param>
/// <param name="Hash">Over it and the hash before.</param>
public sealed record AuditRecordView(int Trail, long Sequence, DateTimeOffset At, string Kind, string? Message, int? Recipient, string Detail, string? Actor, string Hash)
{
    public static AuditRecordView Of(AuditRecord record) => new(
        record.Trail, record.Sequence, record.Event.At, Words.Of(record.Event.Kind), record.Event.Message == default(MessageId) ? null : record.Event.Message.ToString(),
        record.Event.Recipient < 0 ? null : record.Event.Recipient, record.Event.Detail, record.Event.Actor, record.Point.Hash);
}

/// <summary>A checkpoint.</summary>
/// <param name="Id">For <c>after</c>.</param>
/// <param name="Trail">Of which trail.</param>
/// <param name="Number">From 1 on.</param>
/// <param name="Kind">Why it was made.</param>
/// <param name="Node">Which node made it.</param>
/// <param name="At">When.</param>
/// <param name="Sequence">The record it speaks for, and for all before it.</param>
/// <param name="Hash">That record's hash.</param>
/// <param name="Signed">It bears a signature.</param>
/// <param name="PrunedFrom">Of what retention took away, the first record.</param>
/// <param name="PrunedTo">And the last.</param>
public sealed record AuditCheckpointView(string Id, int Trail, long Number, string Kind, string Node, DateTimeOffset At, long Sequence, string Hash, bool Signed, long? PrunedFrom, long? PrunedTo)
{
    public static AuditCheckpointView Of(AuditCheckpointEntry entry) => new(
        entry.Checkpoint.Id, entry.Checkpoint.Trail, entry.Checkpoint.Number, Words.Of(entry.Checkpoint.Kind), entry.Checkpoint.Node, entry.Checkpoint.At, entry.Checkpoint.Sequence,
        entry.Checkpoint.Hash, entry.IsSigned, entry.Checkpoint.Pruned?.From, entry.Checkpoint.Pruned?.To);
}

/// <summary>Whether the audit trails are what was written.</summary>
/// <param name="Verdict"><c>intact</c> or <c>broken</c>.</param>
/// <param name="Records">Records that were checked.</param>
/// <param name="Trails">Each of them.</param>
/// <param name="Signature">Over an export as a whole: <c>good</c>, <c>unjudged</c>, <c>bad</c> or <c>none</c>; null: it is no export.</param>
/// <param name="Problem">What is wrong with the export as a file; null: nothing.</param>
public sealed record AuditReportView(string Verdict, long Records, IReadOnlyList<AuditTrailView> Trails, string? Signature = null, string? Problem = null)
{
    public static AuditReportView Of(AuditReport report) => new(report.IsIntact ? "intact" : "broken", report.Records, [.. report.Trails.Select(AuditTrailView.Of)]);
}

/// <summary>One trail.</summary>
/// <param name="Trail">Which.</param>
/// <param name="Records">Records that were checked.</param>
/// <param name="First">The first one's number.</param>
/// <param name="Last">The last one's.</param>
/// <param name="Pruned">The last record that retention took away; 0: none.</param>
/// <param name="Checkpoints">Checkpoints that were checked.</param>
/// <param name="Signed">Of these signed.</param>
/// <param name="CoveredUntil">The last record that a checkpoint speaks for.</param>
/// <param name="CoveredAt">When it did.</param>
/// <param name="SignedUntil">The last record that a signed one speaks for.</param>
/// <param name="Signer">Who signed last.</param>
/// <param name="Fault">The first thing that is wrong; null: nothing is.</param>
/// <param name="Unclaimed">Records behind a node's stop that no start knows as its own; null: there are none.</param>
public sealed record AuditTrailView(
    int Trail, long Records, long First, long Last, long Pruned, int Checkpoints, int Signed, long CoveredUntil, DateTimeOffset? CoveredAt, long SignedUntil, string? Signer, AuditFaultView? Fault,
    IReadOnlyList<AuditStretchView>? Unclaimed)
{
    public static AuditTrailView Of(AuditTrailReport trail) => new(
        trail.Trail, trail.Records, trail.First, trail.Last, trail.PrunedUntil, trail.Checkpoints, trail.Signed, trail.CoveredUntil, trail.CoveredAt, trail.SignedUntil, trail.Signer,
        trail.Fault is { } fault ? new AuditFaultView(Words.Of(fault.Kind), fault.Sequence, fault.Text) : null,
        trail.Unclaimed.IsEmpty ? null : [.. trail.Unclaimed.Select(u => new AuditStretchView(u.From, u.To))]);
}

/// <param name="From">The first record.</param>
/// <param name="To">The last.</param>
public sealed record AuditStretchView(long From, long To);

/// <param name="Kind"><c>changed</c>, <c>removed</c>, <c>reordered</c>, <c>inserted</c>, <c>head-cut</c>, <c>tail-cut</c>, <c>rewritten</c>, <c>checkpoint</c> or <c>signature</c>.</param>
/// <param name="Sequence">The first record, or of the last two the checkpoint, that is not as it was.</param>
/// <param name="Text">For people.</param>
public sealed record AuditFaultView(string Kind, long Sequence, string Text);
