namespace MilSwitch.Domain.Tracking;

/// <summary>Answers who asks where a message is. Thread-safe; any node of a cluster knows the same.</summary>
public interface ITrackingDesk
{
    /// <summary>
    /// What is known under an ENVID and a proof. An ENVID that nobody knows and a proof that is wrong get the same answer by
    /// the same way. Never throws for what the store does.
    /// </summary>
    ValueTask<TrackingAnswer> FindAsync(string envelopeId, TrackingCertifier proof, CancellationToken cancellationToken);
}
