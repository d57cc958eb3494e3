using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Protection;

/// <summary>
/// Finds certificates to encrypt to, in the directories of a security domain. Thread-safe. Never throws for what a directory
/// holds or does not say.
/// </summary>
public interface IRecipientCertificates
{
    /// <summary>Finds the certificate that mail for a recipient is encrypted to.</summary>
    /// <param name="domain">The security domain whose sources are asked and whose anchors judge.</param>
    /// <param name="recipient">Whose.</param>
    /// <param name="cancellationToken">Waits no longer.</param>
    ValueTask<RecipientCertificateAnswer> FindAsync(string domain, Mailbox recipient, CancellationToken cancellationToken);
}
