using MilSwitch.Domain.Addressing;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// An address as certificates and header fields are compared (RFC 8550 §3, RFC 9598 §5): the local part to the letter, the
/// host in lower case and A-labels. Immutable.
/// </summary>
/// <param name="LocalPart">With quoting undone.</param>
/// <param name="Host">Lower case, A-labels.</param>
internal readonly record struct MailAddress(string LocalPart, string Host)
{
    public static bool TryRead(string text, out MailAddress address)
    {
        address = default;
        if (!Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _) || mailbox.Domain.Length is 0) return false;
        address = new MailAddress(mailbox.LocalPart, mailbox.Domain);
        return true;
    }

    public static bool TryReadHost(string text, out string host) => Mailbox.TryReadDomain(text, out host);

    public static string Unquote(string localPart) => TryRead(localPart + "@x.invalid", out var address) ? address.LocalPart : localPart;

    public override string ToString() => LocalPart + "@" + Host;
}
