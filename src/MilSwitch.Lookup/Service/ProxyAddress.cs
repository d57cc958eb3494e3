using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service;

/// <summary>The one way in which an address is written into a certificate, so that equal mailboxes have equal names.</summary>
internal static class ProxyAddress
{
    /// <summary>Local part without quotes where it can be (RFC 5321 §4.1.2), domain in lower case and A-labels (RFC 9598 §5).</summary>
    public static string Write(Mailbox mailbox) => Local(mailbox.LocalPart) + "@" + mailbox.Domain;

    public static bool IsAscii(Mailbox mailbox) => Ascii.IsValid(mailbox.LocalPart);

    private static string Local(string decoded)
    {
        if (Mailbox.TryParse(decoded + "@x.invalid", allowUtf8: true, out var plain, out _) && plain.LocalPart == decoded && decoded[0] != '"') return decoded;
        return "\"" + decoded.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }
}
