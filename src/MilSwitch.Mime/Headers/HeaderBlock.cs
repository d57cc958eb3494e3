using System.Buffers;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// The header of a message as ranges of its octets (RFC 5322 §2.2): nothing is decoded, copied or changed. A line that is
/// no field ends the header, as in the mail systems around us, and belongs to the body. Immutable and thread-safe.
/// </summary>
public sealed class HeaderBlock
{
    private const int InitialFields = 32;
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n\0"u8);

    private readonly ReadOnlyMemory<byte> octets;
    private readonly FieldRange[] ranges;

    private HeaderBlock(ReadOnlyMemory<byte> octets, FieldRange[] ranges, int count, int length, HeaderFault fault)
    {
        this.octets = octets;
        this.ranges = ranges;
        Count = count;
        Length = length;
        Fault = fault;
    }

    /// <summary>What is wrong with it; the fields found until then can be read all the same.</summary>
    public HeaderFault Fault { get; }

    /// <summary>An empty line ends it, or the octets do. Where a line is no field instead, some readers end the header, and others read on.</summary>
    public bool IsClosed => Fault is HeaderFault.None && (Length == octets.Length || Length is 2 || octets.Span[..Length].EndsWith("\r\n\r\n"u8));

    /// <summary>Octets of the header, the empty line after it included.</summary>
    public int Length { get; }

    /// <summary>The number of fields.</summary>
    public int Count { get; }

    public HeaderField this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var range = ranges[index];
            return new HeaderField(
                octets.Slice(range.Start, range.NameLength), octets[range.Value..range.ValueEnd], range.Start, range.End - range.Start);
        }
    }

    /// <summary>Finds the fields. Never throws for any octets.</summary>
    /// <param name="head">The message's first octets: all of them, or at least <paramref name="maximumOctets"/>.</param>
    /// <param name="maximumOctets">The longest header to take.</param>
    /// <param name="maximumFields">The most fields to take.</param>
    public static HeaderBlock Scan(ReadOnlyMemory<byte> head, int maximumOctets, int maximumFields)
    {
        var text = head.Span;
        if (text.Length > maximumOctets) text = text[..maximumOctets];
        var ranges = new FieldRange[Math.Min(InitialFields, Math.Max(maximumFields, 1))];
        var count = 0;
        var position = 0;
        while (position < text.Length)
        {
            var lineEnd = FindLineEnd(text, position, out var next, out var malformed);
            if (malformed) return new HeaderBlock(head, ranges, count, position, HeaderFault.Malformed);
            if (lineEnd == position) return new HeaderBlock(head, ranges, count, next, HeaderFault.None);
            if (text[position] is (byte)' ' or (byte)'\t')
            {
                if (count is 0) return new HeaderBlock(head, ranges, count, position, HeaderFault.None);
                ranges[count - 1].ValueEnd = lineEnd;
                ranges[count - 1].End = next;
            }
            else
            {
                if (!TryReadName(text[position..lineEnd], out var nameLength, out var value))
                    return new HeaderBlock(head, ranges, count, position, HeaderFault.None);
                if (count == maximumFields) return new HeaderBlock(head, ranges, count, position, HeaderFault.TooManyFields);
                if (count == ranges.Length) Array.Resize(ref ranges, Math.Min(count * 4, maximumFields));
                ranges[count++] = new FieldRange(position, nameLength, position + value, lineEnd, next);
            }

            position = next;
        }

        var fault = position >= maximumOctets ? HeaderFault.TooLarge : HeaderFault.None;
        return new HeaderBlock(head, ranges, count, position, fault);
    }

    public Enumerator GetEnumerator() => new(this);

    /// <summary>The value of a field that must not be repeated.</summary>
    /// <param name="name">Any case, without colon.</param>
    /// <param name="unfoldedValue">Folds undone (RFC 5322 §2.2.3), surrounding white space removed, read as UTF-8.</param>
    /// <returns>False when the field is absent or there is more than one.</returns>
    public bool TryGetSingle(ReadOnlySpan<byte> name, out string unfoldedValue)
    {
        unfoldedValue = "";
        var found = -1;
        for (var i = 0; i < Count; i++)
        {
            if (!IsNamed(i, name)) continue;
            if (found >= 0) return false;
            found = i;
        }

        if (found < 0) return false;
        unfoldedValue = Unfold(RawValue(found));
        return true;
    }

    /// <summary>How many fields have this name, in any case.</summary>
    public int CountOf(ReadOnlySpan<byte> name)
    {
        var count = 0;
        for (var i = 0; i < Count; i++)
        {
            if (IsNamed(i, name)) count++;
        }

        return count;
    }

    /// <summary>
    /// The header's octets without some of its fields, to be sent in place of the first <see cref="Length"/> octets; null
    /// when there is nothing to leave out.
    /// </summary>
    public byte[]? CopyWithout(FieldNamePredicate leaveOut)
    {
        var text = octets.Span[..Length];
        byte[]? copy = null;
        var kept = 0;
        var from = 0;
        for (var i = 0; i < Count; i++)
        {
            ref readonly var range = ref ranges[i];
            if (!leaveOut(text.Slice(range.Start, range.NameLength))) continue;
            copy ??= new byte[Length];
            text[from..range.Start].CopyTo(copy.AsSpan(kept));
            kept += range.Start - from;
            from = range.End;
        }

        if (copy is null) return null;
        text[from..].CopyTo(copy.AsSpan(kept));
        return copy[..(kept + Length - from)];
    }

    internal ReadOnlySpan<byte> Name(int index) => octets.Span.Slice(ranges[index].Start, ranges[index].NameLength);

    internal ReadOnlySpan<byte> RawValue(int index) => octets.Span[ranges[index].Value..ranges[index].ValueEnd];

    internal static string Unfold(ReadOnlySpan<byte> raw)
    {
        raw = raw.Trim(" \t\r\n"u8);
        if (!raw.Contains((byte)'\n')) return Encoding.UTF8.GetString(raw);
        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            var length = 0;
            foreach (var octet in raw)
            {
                if (octet is not ((byte)'\r' or (byte)'\n')) buffer[length++] = octet;
            }

            return Encoding.UTF8.GetString(buffer, 0, length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // One vectorised pass finds the line end and everything that must not be in a line. The last line may lack its end.
    private static int FindLineEnd(ReadOnlySpan<byte> text, int position, out int next, out bool malformed)
    {
        malformed = false;
        var offset = text[position..].IndexOfAny(LineEnds);
        if (offset < 0)
        {
            next = text.Length;
            return next;
        }

        var end = position + offset;
        next = end + 2;
        if (text[end] == (byte)'\r' && next <= text.Length && text[end + 1] == (byte)'\n') return end;
        // The cut at the maximum may fall between CR and LF.
        malformed = text[end] != (byte)'\r' || next <= text.Length;
        next = text.Length;
        return end;
    }

    // RFC 5322 §3.6.8: printable ASCII but the colon; §4.5.8 allows white space before the colon.
    private static bool TryReadName(ReadOnlySpan<byte> line, out int nameLength, out int value)
    {
        var colon = line.IndexOf((byte)':');
        value = colon + 1;
        nameLength = colon;
        while (nameLength > 0 && line[nameLength - 1] is (byte)' ' or (byte)'\t') nameLength--;
        return nameLength > 0 && !line[..nameLength].ContainsAnyExceptInRange((byte)'!', (byte)'~');
    }

    private bool IsNamed(int index, ReadOnlySpan<byte> name) =>
        ranges[index].NameLength == name.Length && Ascii.EqualsIgnoreCase(Name(index), name);

    private record struct FieldRange(int Start, int NameLength, int Value, int ValueEnd, int End);

    /// <summary>Walks the fields in their order.</summary>
    public struct Enumerator(HeaderBlock block)
    {
        private int index = -1;

        public readonly HeaderField Current => block[index];

        public bool MoveNext() => ++index < block.Count;
    }
}

/// <summary>Judges a field by its name.</summary>
public delegate bool FieldNamePredicate(ReadOnlySpan<byte> fieldName);
