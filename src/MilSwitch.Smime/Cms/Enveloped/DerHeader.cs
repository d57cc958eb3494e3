using System.Numerics;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Tag and length in front of contents that are not at hand (X.690 §8.1.3, §10.1). Pure.</summary>
internal static class DerHeader
{
    /// <summary>Octets of tag and length.</summary>
    public static int Size(int length) => length < 0x80 ? 2 : 2 + ((BitOperations.Log2((uint)length) / 8) + 1);

    /// <summary>Writes them; what is left of the destination.</summary>
    public static Span<byte> Write(Span<byte> destination, byte tag, int length)
    {
        var size = Size(length);
        destination[0] = tag;
        if (size is 2) destination[1] = (byte)length;
        else
        {
            destination[1] = (byte)(0x80 | (size - 2));
            for (var i = size - 1; i >= 2; i--, length >>= 8) destination[i] = (byte)length;
        }

        return destination[size..];
    }
}
