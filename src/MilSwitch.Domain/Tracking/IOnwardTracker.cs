using System.Collections.Immutable;

namespace MilSwitch.Domain.Tracking;

/// <summary>Asks the servers of MTQP behind this switch (RFC 3887 §2.4), as many and for as long as they may be asked. Thread-safe.</summary>
public interface IOnwardTracker
{
    /// <summary>Never throws for what servers do.</summary>
    /// <param name="known">What this switch says itself.</param>
    /// <param name="envelopeId">Of the message, decoded.</param>
    /// <param name="secret">1 to 128 octets. Sent to the servers that the configuration names, and kept nowhere.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ImmutableArray<OnwardHost>> AskAsync(ImmutableArray<TrackingStatus> known, string envelopeId, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken);
}
