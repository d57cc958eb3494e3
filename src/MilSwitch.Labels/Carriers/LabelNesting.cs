using System.Formats.Asn1;

namespace MilSwitch.Labels.Carriers;

/// <summary>Walks elements of unknown meaning without recursion, so that whoever reads them later can bear their nesting.</summary>
internal static class LabelNesting
{
    /// <summary>Elements inside each other, in one category.</summary>
    public const int Depth = 16;

    /// <param name="octets">Begin with the element to check; what is behind it doesn't count.</param>
    /// <param name="start">Position of the first of them.</param>
    /// <param name="where">Is kept at the element looked at.</param>
    /// <exception cref="AsnContentException">No BER.</exception>
    /// <exception cref="LabelRefusedException">Nested too deep.</exception>
    public static void Check(ReadOnlySpan<byte> octets, int start, ref int where)
    {
        // Of each open element: where its contents end, and where it ends itself.
        Span<int> contents = stackalloc int[Depth];
        Span<int> ends = stackalloc int[Depth];
        var depth = 0;
        var position = 0;
        var limit = octets.Length;
        do
        {
            where = start + position;
            var tag = AsnDecoder.ReadEncodedValue(octets[position..limit], AsnEncodingRules.BER, out var offset, out var length, out var consumed);
            if (tag.IsConstructed)
            {
                if (depth == Depth) throw new LabelRefusedException(LabelFault.TooDeep, "nested too deep", where);
                ends[depth] = position + consumed;
                limit = contents[depth++] = position + offset + length;
                position += offset;
            }
            else
            {
                position += consumed;
            }

            while (depth > 0 && position == contents[depth - 1])
            {
                position = ends[--depth];
                limit = depth > 0 ? contents[depth - 1] : octets.Length;
            }
        }
        while (depth > 0);
    }
}
