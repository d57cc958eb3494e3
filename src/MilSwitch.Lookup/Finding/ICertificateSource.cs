using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Finding;

/// <summary>
/// A place where certificates of recipients may be found. What comes out of it is a claim and no more: <see cref="CertificateFinder"/>
/// judges it. Thread-safe. Never throws for what the place says or does not say.
/// </summary>
public interface ICertificateSource
{
    /// <summary>Names the source to operators: <c>folder:coalition</c>.</summary>
    string Name { get; }

    /// <summary>Asking costs nothing and waits for nobody, so that no answer is kept.</summary>
    bool IsLocal => false;

    /// <summary>
    /// Its associations bind what other sources find, so it is asked in any case, and nothing is found while it does not answer:
    /// else whoever silences it takes its word away.
    /// </summary>
    bool Constrains => false;

    /// <summary>Asks for certificates of a recipient, or of the authority that decrypts for its domain (RFC 3183 §4.2).</summary>
    /// <param name="recipient">Whose.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken);
}
