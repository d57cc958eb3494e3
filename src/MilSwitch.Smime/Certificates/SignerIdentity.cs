using System.Globalization;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// Holds a signer's certificate against the sender that a message shows (RFC 8550 §3, RFC 9598 §5, threat C3): exactly one
/// address in From, and the certificate is for it. Hosts are compared as A-labels without regard to case, local parts to the
/// letter. Pure.
/// </summary>
public static class SignerIdentity
{
    // What may not stand in an address but looks like its sign, or like its dot.
    private const string LooksLikeAt = "@\uFF20\uFE6B";

    /// <summary>Judges.</summary>
    /// <param name="certificate">The signer's, already believed.</param>
    /// <param name="from">Every mailbox of every From field.</param>
    /// <param name="sender">The mailbox of Sender, where there is one.</param>
    /// <param name="isDomainSignature">The signature says that it is a domain's (RFC 3183 §3.1.2).</param>
    public static IdentityVerdict Judge(Certificate certificate, IReadOnlyList<MailParty> from, MailParty? sender = null, bool isDomainSignature = false)
    {
        var reasons = new List<Reason>();
        var (match, detail) = Compare(certificate, from, sender, isDomainSignature, reasons);
        foreach (var party in from.Concat(sender is { } one ? [one] : []))
        {
            if (reasons.Contains(Reason.DisplayNameSpoof) || OtherAddressIn(party) is not { } shown) continue;
            reasons.Add(Reason.DisplayNameSpoof);
            detail += $"; the display name shows the address {shown} and the mailbox is {party.Address}";
        }

        return new IdentityVerdict(match, reasons, detail);
    }

    private static (IdentityMatch Match, string Detail) Compare(Certificate certificate, IReadOnlyList<MailParty> from, MailParty? sender, bool isDomainSignature, List<Reason> reasons)
    {
        if (from.Count is not 1)
        {
            reasons.Add(Reason.FromAmbiguous);
            return (IdentityMatch.Ambiguous, from.Count is 0 ? "there is no address in From" : string.Create(CultureInfo.InvariantCulture, $"there are {from.Count} addresses in From"));
        }

        if (!MailAddress.TryRead(from[0].Address, out var shown))
        {
            reasons.Add(Reason.FromAmbiguous);
            return (IdentityMatch.Ambiguous, $"{from[0].Address} in From is not an address");
        }

        var believed = new HashSet<MailAddress>();
        foreach (var text in certificate.MailAddresses)
        {
            if (MailAddress.TryRead(text, out var address)) believed.Add(address);
        }

        if (believed.Count is 0)
        {
            reasons.Add(Reason.NoAddress);
            return (IdentityMatch.None, "the signer's certificate is for no mail address");
        }

        if (believed.Contains(shown)) return (IdentityMatch.Ok, $"the signer's certificate is for {shown}");
        // RFC 3183 §3.1.1: named by the convention, and of the originator's domain or one above it.
        if (isDomainSignature && Mailbox.TryParse(from[0].Address, allowUtf8: true, out var mailbox, out _)
            && AuthorityToSign.IsGiven(certificate, SignerRole.Domain, mailbox, AuthorityNaming.MailAddress, []))
        {
            var domain = believed.First(a => a.LocalPart.Equals(DomainAuthorityName.Signing, StringComparison.OrdinalIgnoreCase) && DomainAuthorityName.IsOf(shown.Host, a.Host));
            return (IdentityMatch.Ok, $"{domain} signed for the domain of {shown}");
        }

        reasons.Add(Reason.SignerMismatch);
        var isSender = sender is { } other && MailAddress.TryRead(other.Address, out var submitter) && believed.Contains(submitter);
        return (IdentityMatch.Mismatch, $"From is {shown}, the signer's certificate is for {string.Join(", ", believed)}{(isSender ? ", which is the Sender" : "")}");
    }

    // An address in the display name that is not the mailbox's own. Clients show the name and hide the address.
    private static string? OtherAddressIn(MailParty party)
    {
        if (party.DisplayName.AsSpan().IndexOfAny(LooksLikeAt) < 0) return null;
        var name = new StringBuilder(party.DisplayName.Length);
        foreach (var c in party.DisplayName)
        {
            // What is not seen does not keep two halves apart.
            if (char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Control) continue;
            name.Append(LooksLikeAt.Contains(c, StringComparison.Ordinal) ? '@' : c);
        }

        var isOwn = MailAddress.TryRead(party.Address, out var own);
        foreach (var word in name.ToString().Split([' ', '\t', '\u00A0', '\u3000', ',', ';', '<', '>', '(', ')', '[', ']', '"', '\''], StringSplitOptions.RemoveEmptyEntries))
        {
            var text = word.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? word[7..] : word;
            text = text.TrimEnd('.', ':', '!', '?');
            var at = text.IndexOf('@', StringComparison.Ordinal);
            if (at <= 0 || at == text.Length - 1) continue;
            if (isOwn && MailAddress.TryRead(text, out var shown) && shown == own) continue;
            return text;
        }

        return null;
    }
}
