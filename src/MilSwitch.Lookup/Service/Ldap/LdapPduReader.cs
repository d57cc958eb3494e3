namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>
/// Cuts a stream into LDAPMessages: a SEQUENCE of definite length (RFC 4511 §5.1), no longer than the bound. Not thread-safe.
/// </summary>
internal sealed class LdapPduReader(Stream stream, int longest)
{
    private const byte Sequence = 0x30;
    private const int LongestHeader = 6;

    private readonly byte[] buffer = new byte[longest + LongestHeader];
    private int start;
    private int filled;

    /// <summary>More than the messages read so far has come.</summary>
    public bool HasMore => filled > start;

    /// <summary>The next message, in memory that is good until the next call; empty when the stream is at its end.</summary>
    /// <exception cref="LdapFormatException">It is none, or longer than the bound.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        (start, filled) = (0, filled - start);
        while (true)
        {
            if (TryMeasure(buffer.AsSpan(0, filled), out var length) && filled >= length)
            {
                start = length;
                return buffer.AsMemory(0, length);
            }

            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            if (read is 0) return filled is 0 ? ReadOnlyMemory<byte>.Empty : throw new LdapFormatException("the connection ended in a message");
            filled += read;
        }
    }

    private bool TryMeasure(ReadOnlySpan<byte> octets, out int length)
    {
        length = 0;
        if (octets.Length > 0 && octets[0] != Sequence) throw new LdapFormatException("no LDAP message");
        if (octets.Length < 2) return false;
        var first = octets[1];
        if (first < 0x80)
        {
            length = first + 2;
            return true;
        }

        var count = first & 0x7F;
        if (count is 0 or > 4) throw new LdapFormatException("a length that is none");
        if (octets.Length < 2 + count) return false;
        uint value = 0;
        foreach (var digit in octets.Slice(2, count)) value = (value << 8) | digit;
        if (value > longest) throw new LdapFormatException("a message is too long");
        length = (int)value + 2 + count;
        return true;
    }
}
