namespace MilSwitch.Smime.Cms.Signed;

/// <summary>Length octets in DER (X.690 §10.1).</summary>
internal static class DerLength
{
    /// <summary>How many octets a length takes.</summary>
    public static int Size(long length) => length < 0x80 ? 1 : 1 + Significant(length);

    /// <summary>Writes it; how many octets were written.</summary>
    public static int Write(Span<byte> destination, long length)
    {
        if (length < 0x80)
        {
            destination[0] = (byte)length;
            return 1;
        }

        var count = Significant(length);
        destination[0] = (byte)(0x80 | count);
        for (var i = count; i > 0; i--, length >>= 8) destination[i] = (byte)length;
        return 1 + count;
    }

    private static int Significant(long length) => 8 - (System.Numerics.BitOperations.LeadingZeroCount((ulong)length) / 8);
}
