using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Finding;

/// <summary>Whether a certificate is for a recipient by its names. Pure.</summary>
internal static class CandidateNames
{
    /// <summary>It names the recipient's own address (RFC 8550 §3, RFC 9598 §5).</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="recipient">The recipient.</param>
    /// <param name="ignoreCase">Local parts that differ in the case of ASCII letters are one.</param>
    public static bool IsFor(Certificate certificate, Mailbox recipient, bool ignoreCase) => recipient.Domain.Length > 0 && certificate.MailAddresses.Any(text =>
        Mailbox.TryParse(text, allowUtf8: true, out var address, out _) && address.Domain == recipient.Domain
        && address.LocalPart.Equals(recipient.LocalPart, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal));
}
