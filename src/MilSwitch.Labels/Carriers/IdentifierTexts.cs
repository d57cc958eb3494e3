using System.Formats.Asn1;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// Object identifiers as text. Few occur again and again (policies and tag sets), so each thread keeps the last ones it has seen, in
/// a table of fixed size that hostile octets can only make slower.
/// </summary>
internal static class IdentifierTexts
{
    /// <summary>Contents octets of the longest that is read.</summary>
    public const int LongestOctets = 64;

    private const int Slots = 256;

    [ThreadStatic]
    private static (byte[] Octets, string Text)[]? seen;

    /// <summary>Dotted.</summary>
    /// <param name="octets">Contents octets.</param>
    /// <exception cref="AsnContentException">No object identifier.</exception>
    public static string Of(ReadOnlySpan<byte> octets)
    {
        var slots = seen ??= new (byte[], string)[Slots];
        var hash = (uint)octets.Length;
        foreach (var octet in octets) hash = (hash * 31) + octet;
        ref var slot = ref slots[(hash ^ (hash >> 8)) % Slots];
        if (slot.Octets is { } known && octets.SequenceEqual(known)) return slot.Text;
        Span<byte> element = stackalloc byte[2 + LongestOctets];
        element[0] = LabelCursor.ObjectIdentifier;
        element[1] = (byte)octets.Length;
        octets.CopyTo(element[2..]);
        var text = AsnDecoder.ReadObjectIdentifier(element[..(2 + octets.Length)], AsnEncodingRules.DER, out _);
        slot = (octets.ToArray(), text);
        return text;
    }
}
