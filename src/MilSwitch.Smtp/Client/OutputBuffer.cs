using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace MilSwitch.Smtp.Client;

/// <summary>
/// Collects what goes into one write. Memory is rented while something is in it and given back by <see cref="Release"/>,
/// so that an idle connection holds none. Not thread-safe.
/// </summary>
internal sealed class OutputBuffer
{
    private byte[] array = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => array.AsMemory(0, Length);

    public ReadOnlySpan<byte> WrittenSpan => array.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Release()
    {
        Length = 0;
        if (array.Length == 0) return;
        ArrayPool<byte>.Shared.Return(array);
        array = [];
    }

    /// <summary>Room for at least this many octets behind those written; take up what was used with <see cref="Advance"/>.</summary>
    public Memory<byte> Room(int octets)
    {
        if (array.Length - Length < octets) Grow(octets);
        return array.AsMemory(Length);
    }

    public void Advance(int octets) => Length += octets;

    /// <summary>Puts a header right before the given offset, into room left free for it; the result begins with the header.</summary>
    public ReadOnlyMemory<byte> WithHeader(ReadOnlySpan<byte> header, int offset)
    {
        var start = offset - header.Length;
        header.CopyTo(array.AsSpan(start));
        return array.AsMemory(start, Length - start);
    }

    public void Append(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(Room(octets.Length).Span);
        Length += octets.Length;
    }

    public void Append(byte octet)
    {
        Room(1).Span[0] = octet;
        Length++;
    }

    public void Append(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20).Span, out var used);
        Length += used;
    }

    /// <summary>
    /// Appends one argument of a command. A control character would let an argument become a command; who made the value
    /// must have refused it, so here it is a broken invariant: <see cref="InvalidOperationException"/>.
    /// </summary>
    public void AppendArgument(string text)
    {
        if (text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.Contains('\x7f', StringComparison.Ordinal))
            throw new InvalidOperationException("An argument of an SMTP command holds a control character.");
        Length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)).Span);
    }

    /// <summary>RFC 3461 §4: every octet that is not printable, and <c>+</c> and <c>=</c>, as <c>+HH</c>.</summary>
    public void AppendXText(string text)
    {
        Span<byte> octets = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var count = rune.EncodeToUtf8(octets);
            foreach (var octet in octets[..count])
            {
                if (octet is >= 0x21 and <= 0x7e and not (byte)'+' and not (byte)'=')
                {
                    Append(octet);
                    continue;
                }

                Append((byte)'+');
                Append(Digit(octet >> 4));
                Append(Digit(octet & 15));
            }
        }

        static byte Digit(int value) => (byte)"0123456789ABCDEF"[value];
    }

    /// <summary>RFC 6533 §3, the form that is safe in every transport: what is not QCHAR becomes <c>\x{…}</c>; such escapes stay.</summary>
    public void AppendUtf8AddressXText(string text)
    {
        var position = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var kept = rune.Value == '\\'
                ? text.AsSpan(position).StartsWith("\\x{", StringComparison.Ordinal)
                : rune.Value is >= 0x21 and <= 0x7e and not '+' and not '=';
            position += rune.Utf16SequenceLength;
            if (kept)
            {
                Append((byte)rune.Value);
                continue;
            }

            Append("\\x{"u8);
            Utf8Formatter.TryFormat(rune.Value, Room(8).Span, out var used, new StandardFormat('X', 2));
            Length += used;
            Append((byte)'}');
        }
    }

    private void Grow(int octets)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + octets, Math.Max(array.Length * 2, 8192)));
        array.AsSpan(0, Length).CopyTo(larger);
        if (array.Length > 0) ArrayPool<byte>.Shared.Return(array);
        array = larger;
    }
}
