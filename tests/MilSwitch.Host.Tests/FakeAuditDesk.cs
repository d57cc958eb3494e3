using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>A trail of one record.</summary>
public sealed class FakeAuditDesk : IAuditDesk
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AuditRecord Only = new(0, 1, Noon.ToUnixTimeMilliseconds(), new AuditEvent(Noon, AuditKind.Viewed, FakeOperatorActions.First, -1, "socket", "local:0"), new byte[32]);

    public AuditProgress? Verifying => null;

    public AuditReport? LastCheck => null;

    public ValueTask<AuditPage> SearchAsync(AuditQuery query, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.ReadAudit);
        return ValueTask.FromResult(new AuditPage([Only], null));
    }

    public ValueTask<IReadOnlyList<AuditRecord>> SeenAsync(MessageId message, OperatorIdentity who, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<AuditRecord>>([Only]);

    public ValueTask<AuditPage> SeenByAsync(string person, string? after, int limit, OperatorIdentity who, CancellationToken cancellationToken) => SearchAsync(new AuditQuery(), who, cancellationToken);

    public ValueTask<IReadOnlyList<AuditCheckpointEntry>> CheckpointsAsync(int? trail, string? after, int limit, OperatorIdentity who, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<AuditCheckpointEntry>>(
        [new AuditCheckpointEntry(new AuditCheckpoint(0, 1, AuditCheckpointKind.Start, "n1", Noon, 1, new string('0', 64), null), false)]);

    public ValueTask<AuditReport> VerifyAsync(OperatorIdentity who, IProgress<AuditProgress>? progress, CancellationToken cancellationToken) => ValueTask.FromResult(new AuditReport([new AuditTrailReport(0, 1, 1, 1)]));

    public async ValueTask ExportAsync(DateTimeOffset from, DateTimeOffset until, Func<Stream> open, OperatorIdentity who, CancellationToken cancellationToken) => await open().WriteAsync("{}\n"u8.ToArray(), cancellationToken);
}
