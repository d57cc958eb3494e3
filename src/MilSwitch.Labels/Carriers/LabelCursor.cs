using System.Formats.Asn1;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Reads BER element by element without copying. What is read costs no more than its length: tags are those expected or refused,
/// nesting is that of the reader's own calls, and where an encoding may nest by itself it is walked first.
/// </summary>
internal ref struct LabelCursor
{
    public const byte Integer = 0x02, BitString = 0x03, ObjectIdentifier = 0x06, Utf8String = 0x0C, PrintableString = 0x13, Sequence = 0x30, Set = 0x31;

    private const int Constructed = 0x20;
    private const AsnEncodingRules Rules = AsnEncodingRules.BER;

    private readonly ref int where;
    private ReadOnlySpan<byte> rest;
    private int at;

    /// <param name="octets">All of them.</param>
    /// <param name="where">Is kept at the first octet of the element that was begun last.</param>
    public LabelCursor(ReadOnlySpan<byte> octets, ref int where)
        : this(octets, 0, ref where)
    {
    }

    private LabelCursor(ReadOnlySpan<byte> octets, int at, ref int where)
    {
        rest = octets;
        this.at = at;
        this.where = ref where;
    }

    public readonly bool HasData => !rest.IsEmpty;

    /// <summary>Octets that are left.</summary>
    public readonly int Length => rest.Length;

    /// <summary>First octet of the next element, as it is when primitive.</summary>
    /// <exception cref="AsnContentException">There is none.</exception>
    public readonly byte Next
    {
        get
        {
            where = at;
            return rest.IsEmpty ? throw new AsnContentException() : rest[0];
        }
    }

    /// <exception cref="AsnContentException">Something is left.</exception>
    public readonly void End()
    {
        where = at;
        if (!rest.IsEmpty) throw new AsnContentException();
    }

    /// <summary>Goes into a constructed element, and behind it here.</summary>
    public LabelCursor Enter(byte tag)
    {
        if (Next != tag) throw new AsnContentException();
        AsnDecoder.ReadEncodedValue(rest, Rules, out var offset, out var length, out var consumed);
        var inside = new LabelCursor(rest.Slice(offset, length), at + offset, ref where);
        Skip(consumed);
        return inside;
    }

    /// <summary>Contents octets of an object identifier, not yet checked.</summary>
    public ReadOnlySpan<byte> ReadIdentifierOctets(byte tag = ObjectIdentifier)
    {
        if (Next != tag) throw new AsnContentException();
        AsnDecoder.ReadEncodedValue(rest, Rules, out var offset, out var length, out var consumed);
        if (length > IdentifierTexts.LongestOctets) throw new LabelRefusedException(LabelFault.TooLarge, "an object identifier is too long", at);
        var octets = rest.Slice(offset, length);
        Skip(consumed);
        return octets;
    }

    public string ReadIdentifier() => IdentifierTexts.Of(ReadIdentifierOctets());

    /// <summary>An integer of 0 or more; -1: beyond 32 bits.</summary>
    public int ReadNatural()
    {
        if (Next != Integer) throw new AsnContentException();
        if (!AsnDecoder.TryReadInt32(rest, Rules, out var value, out var consumed))
        {
            var octets = AsnDecoder.ReadIntegerBytes(rest, Rules, out consumed);
            value = (octets[0] & 0x80) is 0 ? -1 : throw Negative();
        }
        else if (value < 0)
        {
            throw Negative();
        }

        Skip(consumed);
        return value;
    }

    /// <summary>Positions of the bits that are set, ascending.</summary>
    public int[] ReadBits(out int width)
    {
        Unfold(BitString);
        if (!AsnDecoder.TryReadPrimitiveBitString(rest, Rules, out var unused, out var octets, out var consumed))
            octets = AsnDecoder.ReadBitString(rest, Rules, out unused, out consumed);
        if (octets.Length > (LabelBounds.BitPosition / 8) + 1) throw new LabelRefusedException(LabelFault.TooLarge, "a bit map is wider than is allowed", at);
        width = (octets.Length * 8) - unused;
        var count = 0;
        foreach (var octet in octets) count += byte.PopCount(octet);
        if (count > LabelBounds.Values) throw new LabelRefusedException(LabelFault.TooLarge, "a category has more values than are allowed", at);
        var values = count is 0 ? [] : new int[count];
        var next = 0;
        for (var i = 0; i < octets.Length; i++)
        {
            for (uint octet = octets[i]; octet is not 0;)
            {
                var bit = byte.LeadingZeroCount((byte)octet);
                values[next++] = (i * 8) + bit;
                octet &= ~(0x80u >> bit);
            }
        }

        Skip(consumed);
        return values;
    }

    public string ReadText(byte type)
    {
        Unfold(type);
        var text = AsnDecoder.ReadCharacterString(rest, Rules, (UniversalTagNumber)type, out var consumed);
        Skip(consumed);
        return text;
    }

    /// <summary>One element as it stands, whatever it is, not nested too deep.</summary>
    public byte[] ReadElement()
    {
        where = at;
        AsnDecoder.ReadEncodedValue(rest, Rules, out _, out _, out var consumed);
        LabelNesting.Check(rest[..consumed], at, ref where);
        var octets = rest[..consumed].ToArray();
        Skip(consumed);
        return octets;
    }

    // Strings may come in segments, which may come in segments.
    private readonly void Unfold(byte type)
    {
        var tag = Next;
        if ((tag & ~Constructed) != type) throw new AsnContentException();
        if ((tag & Constructed) is not 0) LabelNesting.Check(rest, at, ref where);
    }

    private void Skip(int count)
    {
        rest = rest[count..];
        at += count;
    }

    private readonly LabelRefusedException Negative() => new(LabelFault.OutOfRange, "a number is negative", at);
}
