using System.Buffers.Binary;
using System.Text;

namespace MilSwitch.Storage;

/// <summary>
/// Writes fields as key, value: the key is a varint of (tag × 2 + kind), kind 0 is a varint, kind 1 is a length and that
/// many octets. A reader skips tags that it does not know, so later versions may add some. Grows, is reused, and is not
/// thread-safe.
/// </summary>
public sealed class TaggedWriter
{
    private byte[] buffer = new byte[512];

    /// <summary>Octets written so far.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    /// <summary>As <see cref="Written"/>; good until something more is written.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => buffer.AsMemory(0, Length);

    /// <summary>Forgets what was written and, when it was unusually large, its memory.</summary>
    public void Reset()
    {
        Length = 0;
        if (buffer.Length > 64 << 10) buffer = new byte[512];
    }

    public void Number(int tag, ulong value)
    {
        Reserve(20);
        Varint((uint)tag << 1);
        Varint(value);
    }

    /// <summary>Zigzag: small numbers of either sign stay short.</summary>
    public void Signed(int tag, long value) => Number(tag, (ulong)((value << 1) ^ (value >> 63)));

    public void Octets(int tag, ReadOnlySpan<byte> value)
    {
        Reserve(value.Length + 20);
        Varint(((uint)tag << 1) | 1);
        Varint((ulong)value.Length);
        value.CopyTo(buffer.AsSpan(Length));
        Length += value.Length;
    }

    public void Text(int tag, string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        Reserve(count + 20);
        Varint(((uint)tag << 1) | 1);
        Varint((ulong)count);
        Length += Encoding.UTF8.GetBytes(value, buffer.AsSpan(Length));
    }

    public void Wide(int tag, UInt128 value)
    {
        Span<byte> octets = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(octets, value);
        Octets(tag, octets);
    }

    /// <summary>Begins a field whose value is made of fields; give the result to <see cref="End"/>.</summary>
    public int Begin(int tag)
    {
        Reserve(20);
        Varint(((uint)tag << 1) | 1);
        Length++; // room for a length below 128, which is the usual case
        return Length;
    }

    public void End(int start)
    {
        var count = Length - start;
        var extra = 0;
        for (var rest = (uint)count >> 7; rest != 0; rest >>= 7) extra++;
        if (extra > 0)
        {
            Reserve(extra);
            buffer.AsSpan(start, count).CopyTo(buffer.AsSpan(start + extra));
        }

        Length = start - 1;
        Varint((ulong)count);
        Length += count;
    }

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            buffer[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        buffer[Length++] = (byte)value;
    }

    private void Reserve(int count)
    {
        if (buffer.Length - Length < count) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + count));
    }
}
