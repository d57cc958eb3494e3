using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>What all values of ESS attributes have in common: one element, checked before it is read.</summary>
internal static class EssValue
{
    // Octets that one encoding may have for its writer to be kept.
    private const int LargestSpare = 8_192;

    // For the next encoding of this thread. Encodings nest, so it is taken away while it is written to.
    [ThreadStatic]
    private static AsnWriter? spare;

    public static Asn1Tag Context(int number, bool isConstructed = false) => new(TagClass.ContextSpecific, number, isConstructed);

    /// <exception cref="CmsFormatException">It is no such value.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> octets, string name, Func<AsnReader, T> read)
    {
        BerFrame.Check(octets.Span, CmsBounds.Default);
        try
        {
            var reader = new AsnReader(octets, AsnEncodingRules.BER);
            var value = read(reader);
            reader.ThrowIfNotEmpty();
            return value;
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException)
        {
            throw new CmsFormatException("not " + name, cause: fault);
        }
    }

    public static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = spare ?? new AsnWriter(AsnEncodingRules.DER);
        spare = null;
        write(writer);
        var octets = writer.Encode();
        if (octets.Length > LargestSpare) return octets;
        writer.Reset();
        spare = writer;
        return octets;
    }

    /// <summary>All elements of a sequence, at least <paramref name="least"/> and at most <paramref name="most"/>.</summary>
    public static List<T> Many<T>(AsnReader sequence, int least, int most, Func<AsnReader, T> read)
    {
        var all = new List<T>();
        while (sequence.HasData)
        {
            if (all.Count == most) throw new CmsFormatException("too many elements in a sequence", CmsFault.TooLarge);
            all.Add(read(sequence));
        }

        return all.Count >= least ? all : throw new AsnContentException();
    }
}
