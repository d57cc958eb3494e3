using System.Formats.Asn1;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Labels.Decisions;

/// <summary>Bit strings under a tag of their own, as clearances have them.</summary>
internal static class LabelBits
{
    public const int Constructed = 0x20;

    /// <summary>Positions of the bits that are set, ascending.</summary>
    /// <param name="element">One element, IMPLICIT BIT STRING whatever its tag. It is changed.</param>
    /// <exception cref="AsnContentException">No bit string.</exception>
    public static int[] Read(byte[] element)
    {
        var where = 0;
        element[0] = (byte)((element[0] & Constructed) | LabelCursor.BitString);
        var cursor = new LabelCursor(element, ref where);
        var values = cursor.ReadBits(out _);
        cursor.End();
        return values;
    }

    /// <summary>As wide as needed.</summary>
    /// <param name="values">Positions, 0 or more.</param>
    /// <param name="tag">Null: that of BIT STRING.</param>
    public static void Write(AsnWriter writer, IReadOnlyCollection<int> values, Asn1Tag? tag)
    {
        var width = values.Count is 0 ? 0 : values.Max() + 1;
        var octets = new byte[(width + 7) / 8];
        foreach (var value in values) octets[value / 8] |= (byte)(0x80 >> (value % 8));
        writer.WriteBitString(octets, (octets.Length * 8) - width, tag);
    }
}
