using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Switching.Labelling;

/// <summary>Clearances that certificates of addresses have. Thread-safe.</summary>
public interface ICertifiedClearances
{
    /// <param name="at">Now; an answer may be some seconds old.</param>
    /// <returns>Null: no certificate of the address says anything. The very same object as long as nothing changes.</returns>
    CertifiedClearance? Find(Mailbox address, DateTimeOffset at);

    /// <summary>Whether a certificate of the address that somebody else has would count.</summary>
    bool IsOpen(Mailbox address);

    /// <summary>Takes what was answered about a certificate of the address.</summary>
    void Learn(Mailbox address, RecipientCertificateAnswer answer);
}
