using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Protection;

/// <summary>Keeps certificates that came with signed mail, so that the senders can be written to. Thread-safe.</summary>
public interface ICertificateHarvest
{
    /// <summary>
    /// Offers one; returns at once, whatever becomes of it. The signature with which it came was verified, and the address is the
    /// sender's. Nothing is kept where the domain does not ask for it.
    /// </summary>
    /// <param name="domain">The security domain whose mail it came with.</param>
    /// <param name="sender">Whose mail.</param>
    /// <param name="certificate">DER; copied before this returns, when it is kept.</param>
    /// <param name="isBelieved">The domain believes the signer's path; else a person has to allow it before it is used.</param>
    void Offer(string domain, Mailbox sender, ReadOnlyMemory<byte> certificate, bool isBelieved);
}
