using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Status;

/// <summary>Knows revocation lists and OCSP responses for certificates. Thread-safe. Never throws for what servers say or do not say.</summary>
public interface IStatusSource
{
    /// <summary>What is at hand about the certificates of a path, fetched where the settings allow it.</summary>
    /// <param name="path">One that leads to an anchor, the certificate first: nothing is ever asked for the sake of a stranger's (threat C15).</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StatusMaterial> AboutAsync(IReadOnlyList<Certificate> path, CancellationToken cancellationToken);
}
