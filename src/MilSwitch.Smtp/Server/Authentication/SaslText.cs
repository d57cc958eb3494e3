using System.Buffers;
using System.Buffers.Text;

namespace MilSwitch.Smtp.Server.Authentication;

/// <summary>RFC 4954 §4: responses are strict base64; characters outside the alphabet are refused and not skipped.</summary>
internal static class SaslText
{
    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    public static bool TryDecode(ReadOnlySpan<byte> encoded, out byte[] decoded)
    {
        decoded = [];
        if (encoded.ContainsAnyExcept(Alphabet) || encoded.Length % 4 != 0) return false;
        var buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(encoded.Length)];
        if (Base64.DecodeFromUtf8(encoded, buffer, out _, out var written) != OperationStatus.Done) return false;
        decoded = buffer.Length == written ? buffer : buffer[..written];
        return true;
    }
}
