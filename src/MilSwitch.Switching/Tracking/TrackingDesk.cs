using System.Collections.Immutable;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Switching.Tracking;

/// <summary>Finds tracked messages in the store, which all nodes of a cluster read. A few at a time: strangers ask, and the store has better things to do.</summary>
internal sealed class TrackingDesk(SwitchRuntime runtime) : ITrackingDesk, IDisposable
{
    private const int AtOnce = 4;

    private readonly SemaphoreSlim room = new(AtOnce);

    public async ValueTask<TrackingAnswer> FindAsync(string envelopeId, TrackingCertifier proof, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var key = TrackingDocuments.Key(envelopeId, proof);
            var found = ImmutableArray.CreateBuilder<TrackingStatus>();
            foreach (var document in await runtime.Spool.PageDocumentsAsync(TrackingDocuments.Kind, key, TrackingDocuments.MostMessages, cancellationToken).ConfigureAwait(false))
            {
                if (!document.Id.StartsWith(key, StringComparison.Ordinal) || !TrackingDocuments.TryRead(document, out var id, out _)) break;
                if (await runtime.Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } message || !IsOpen(message, envelopeId, proof)) continue;
                var trail = await runtime.Spool.ReadAuditAsync(id, cancellationToken).ConfigureAwait(false);
                found.Add(TrackingPolicy.Of(message, trail, runtime.Configuration.Precedences, runtime.Configuration.HostName, runtime.Now));
            }

            return found.Count == 0 ? TrackingAnswer.Nothing : new TrackingAnswer(true, found.ToImmutable());
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or ContentDamagedException)
        {
            return TrackingAnswer.Unavailable;
        }
        finally
        {
            room.Release();
        }
    }

    public void Dispose() => room.Dispose();

    // RFC 3885 §3.1: what is still here is never denied, whatever its time.
    private bool IsOpen(StoredMessage message, string envelopeId, TrackingCertifier proof) =>
        message.Envelope.Tracking is { } tracking && tracking.Certifier.IsProvedBy(proof) && message.Envelope.EnvelopeId == envelopeId
        && (tracking.Until > runtime.Now || message.State != Domain.Delivery.MessageState.Done);
}
