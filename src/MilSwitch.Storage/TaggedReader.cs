using System.Buffers.Binary;
using System.Text;

namespace MilSwitch.Storage;

/// <summary>Reads what <see cref="TaggedWriter"/> wrote. Throws <see cref="FormatException"/> on anything else.</summary>
public ref struct TaggedReader(ReadOnlySpan<byte> octets)
{
    private ReadOnlySpan<byte> rest = octets;
    private ulong number;
    private ReadOnlySpan<byte> value;
    private bool isOctets;

    /// <summary>The tag of the field that <see cref="Read"/> found.</summary>
    public int Tag { get; private set; }

    public readonly ulong Number => isOctets ? throw Damaged() : number;

    public readonly long Signed => (long)(Number >> 1) ^ -(long)(Number & 1);

    public readonly ReadOnlySpan<byte> Octets => isOctets ? value : throw Damaged();

    public readonly string Text => Encoding.UTF8.GetString(Octets);

    public readonly UInt128 Wide => Octets.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(Octets) : throw Damaged();

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Read()
    {
        if (rest.IsEmpty) return false;
        var key = Varint();
        if (key > int.MaxValue) throw Damaged();
        Tag = (int)(key >> 1);
        isOctets = (key & 1) != 0;
        number = Varint();
        if (!isOctets) return true;
        if (number > (ulong)rest.Length) throw Damaged();
        value = rest[..(int)number];
        rest = rest[(int)number..];
        return true;
    }

    private ulong Varint()
    {
        ulong result = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (rest.IsEmpty) throw Damaged();
            var octet = rest[0];
            rest = rest[1..];
            result |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80) return result;
        }

        throw Damaged();
    }

    private static FormatException Damaged() => new("The stored record is damaged.");
}
