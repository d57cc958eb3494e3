using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Protection;

/// <summary>Whole contents in memory.</summary>
internal static class Octets
{
    /// <summary>All octets of a content; those that are in memory already are not copied, and are good for as long as its owner lives.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAllAsync(ContentReader reader, CancellationToken cancellationToken)
    {
        if (reader.Inline is { } inline) return inline;
        var octets = new byte[reader.Length];
        var length = 0;
        while (length < octets.Length && await reader.ReadAsync(octets.AsMemory(length), cancellationToken).ConfigureAwait(false) is > 0 and var count) length += count;
        return octets.AsMemory(0, length);
    }

    /// <summary>
    /// Every line ends in CRLF, and there is no NUL: what came out of a protected message is framed anew for the next hop, and
    /// a bare line end would let its text end the content early (RFC 5321 §2.3.8).
    /// </summary>
    public static bool AreLines(ReadOnlySpan<byte> octets)
    {
        while (true)
        {
            var at = octets.IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
            if (at < 0) return true;
            if (octets[at] != (byte)'\r' || at + 1 == octets.Length || octets[at + 1] != (byte)'\n') return false;
            octets = octets[(at + 2)..];
        }
    }
}
