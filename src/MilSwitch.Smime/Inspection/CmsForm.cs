using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MilSwitch.Smime.Inspection;

/// <summary>Finds a CMS object that stands by itself, as DER, PEM or base64, and tells it from a message. Pure; never throws.</summary>
internal static class CmsForm
{
    /// <summary>Labels of RFC 7468 §8, §9 and of old programs.</summary>
    private static readonly string[] Labels = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"];

    /// <summary>The object's octets; null: it is something else.</summary>
    public static ReadOnlyMemory<byte>? Find(ReadOnlyMemory<byte> octets)
    {
        var span = octets.Span;
        // A field name could begin with 0, but neither a long length nor an object identifier could follow.
        if (span is [0x30, >= 0x80, ..] or [0x30, _, 0x06, ..]) return octets;
        var text = span.TrimStart(" \t\r\n"u8);
        if (text.StartsWith("-----BEGIN "u8)) return FromPem(text);
        // The first octets of a SEQUENCE with a long length.
        return text.StartsWith("MI"u8) || text.StartsWith("MH"u8) || text.StartsWith("MG"u8) ? FromBase64(text) : null;
    }

    private static ReadOnlyMemory<byte>? FromPem(ReadOnlySpan<byte> text)
    {
        var pem = Encoding.Latin1.GetString(text);
        if (!PemEncoding.TryFind(pem, out var fields) || !Labels.Contains(pem[fields.Label], StringComparer.Ordinal)) return null;
        var value = new byte[fields.DecodedDataLength];
        return Convert.TryFromBase64Chars(pem.AsSpan()[fields.Base64Data], value, out var length) ? value.AsMemory(0, length) : default(ReadOnlyMemory<byte>?);
    }

    private static ReadOnlyMemory<byte>? FromBase64(ReadOnlySpan<byte> text)
    {
        // White space between the groups is stepped over.
        if (!Base64.IsValid(text, out var length)) return null;
        var value = new byte[length];
        return Convert.TryFromBase64String(Encoding.ASCII.GetString(text), value, out var written) ? value.AsMemory(0, written) : default(ReadOnlyMemory<byte>?);
    }
}
