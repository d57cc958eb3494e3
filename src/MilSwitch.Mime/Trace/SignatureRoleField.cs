using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// The field <c>X-MilSwitch-Signature-Role</c> beside Authentication-Results: on whose behalf a signature that passed was made
/// (RFC 3183 §3.1), so that no reader takes a domain's for a person's. Pure; never throws for any octets.
/// </summary>
public static class SignatureRoleField
{
    public const string Name = "X-MilSwitch-Signature-Role";

    /// <summary>The whole field, ending in CRLF.</summary>
    /// <param name="role">One of <c>originator</c>, <c>domain</c>, <c>review</c>, <c>attribute</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is another word.</exception>
    public static byte[] Write(string role) => role is "originator" or "domain" or "review" or "attribute"
        ? Encoding.ASCII.GetBytes($"{Name}: {role}\r\n")
        : throw new ArgumentOutOfRangeException(nameof(role), role, "no role");

    /// <summary>The message without such fields: on arrival all of them are somebody else's claim. Null: there is none.</summary>
    /// <param name="message">A message; only its header is looked at.</param>
    /// <param name="header">Its scanned header.</param>
    public static byte[]? Remove(ReadOnlyMemory<byte> message, HeaderBlock header) =>
        header.CopyWithout(static name => Ascii.EqualsIgnoreCase(name, "X-MilSwitch-Signature-Role"u8)) is { } kept ? [.. kept, .. message.Span[header.Length..]] : null;
}
