using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Protection;

/// <summary>
/// Which certificates of a message its sender can be encrypted to: the signer's own, and those that came with the signature and
/// bear the same address. Only From's single author counts, and only what octets prove. Pure.
/// </summary>
internal static class Harvester
{
    private const int MostCertificates = 16;

    /// <summary>Offers what an inspected message has. What must not be known to have opened is not to be given here.</summary>
    /// <param name="layers">Those at its root, outermost first.</param>
    /// <param name="from">Every address in From.</param>
    /// <param name="domain">The security domain that it is in; null: nothing is offered.</param>
    /// <param name="isBelieved">Its signatures were judged and are believed.</param>
    /// <param name="harvest">Takes them; null: nobody does.</param>
    public static void Offer(ImmutableArray<(Layer Layer, LayerFinding Finding)> layers, ImmutableArray<string> from, string? domain, bool isBelieved, ICertificateHarvest? harvest)
    {
        if (harvest is null || domain is null || from is not [var author] || !Mailbox.TryParse(author, allowUtf8: true, out var sender, out _)) return;
        LayerFinding[] signatures = [.. layers.Select(l => l.Finding).Where(f => f.IsSignature)];
        // Every signature holds, and at most its signer is nobody whom the domain knows.
        if (signatures.Length is 0 || !signatures.All(s => s.Reasons.IsEmpty && s.Signers.Any(Holds) && !s.Signers.Any(x => x.IsTampered))) return;
        foreach (var signer in signatures[^1].Signers.Where(s => Holds(s) && IsOf(s.Certificate!, sender)))
        {
            if (Encrypts(signer.Certificate!)) harvest.Offer(domain, sender, signer.Certificate!.Encoded, isBelieved && signer.IsGood);
            foreach (var other in signatures[^1].Signed?.Certificates.Take(MostCertificates).Select(Read).OfType<Certificate>() ?? [])
            {
                if (!other.Equals(signer.Certificate) && Encrypts(other) && IsOf(other, sender))
                    harvest.Offer(domain, sender, other.Encoded, isBelieved && signer.IsGood && other.Issuer.Equals(signer.Certificate!.Issuer));
            }
        }
    }

    private static bool Holds(SignerFinding signer) =>
        signer is { Certificate: not null, Signature.IsGood: true } && signer.Reasons.All(r => r is Reason.ChainIncomplete or Reason.UntrustedRoot);

    private static bool IsOf(Certificate certificate, Mailbox sender) =>
        certificate.MailAddresses.Any(a => Mailbox.TryParse(a, allowUtf8: true, out var named, out _) && named.Equals(sender));

    private static bool Encrypts(Certificate certificate) =>
        !certificate.IsAuthority && (certificate.KeyUsage is not { } uses || (uses & (KeyUses.KeyEncipherment | KeyUses.KeyAgreement)) is not KeyUses.None);

    private static Certificate? Read(ReadOnlyMemory<byte> der)
    {
        try
        {
            return CertificateTable.Shared.Read(der);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }
}
