using System.Buffers;
using System.Buffers.Text;

namespace MilSwitch.Domain.Tracking;

/// <summary>RFC 3885 §3.1, RFC 3887 §4: what whoever may ask about a message knows, in base64.</summary>
public static class TrackingSecret
{
    /// <summary>1,024 bits. The other bound, 128 bits, is the originator's affair: here only the hash was ever seen.</summary>
    public const int MostOctets = 128;

    /// <summary>Octets of a secret that the switch makes itself.</summary>
    public const int OwnOctets = 32;

    /// <summary>Base64 of 1 to 128 octets, with or without padding; nothing else. Never throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out byte[] secret)
    {
        Span<byte> octets = stackalloc byte[MostOctets];
        var good = TryDecode(text, octets, out var length) && length > 0;
        secret = good ? octets[..length].ToArray() : [];
        return good;
    }

    /// <summary>False: not base64, or longer than there is room for.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> octets, out int length)
    {
        length = 0;
        var bare = text.Length % 4 is 0 && text.EndsWith("="u8) ? text.TrimEnd((byte)'=') : text;
        // One character holds no octet; white space, which the decoder would pass over, is no base64 here.
        if (bare.Length % 4 is 1 || text.Length - bare.Length > 2 || bare.Length > (octets.Length + 2) / 3 * 4) return false;
        if (bare.IndexOfAnyExcept(Alphabet) >= 0) return false;
        Span<byte> padded = stackalloc byte[(bare.Length + 3) / 4 * 4];
        bare.CopyTo(padded);
        padded[bare.Length..].Fill((byte)'=');
        Span<byte> decoded = stackalloc byte[padded.Length / 4 * 3];
        if (Base64.DecodeFromUtf8(padded, decoded, out _, out length) != OperationStatus.Done || length > octets.Length)
        {
            length = 0;
            return false;
        }

        decoded[..length].CopyTo(octets);
        return true;
    }

    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);
}
