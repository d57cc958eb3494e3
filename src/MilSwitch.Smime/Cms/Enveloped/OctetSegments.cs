using System.Formats.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>An octet string as it lies in the message: one piece, or the pieces of a constructed string (X.690 §8.7.3). Immutable.</summary>
public sealed class OctetSegments
{
    private readonly List<ReadOnlyMemory<byte>> _pieces;

    private OctetSegments(List<ReadOnlyMemory<byte>> pieces)
    {
        _pieces = pieces;
        long length = 0;
        foreach (var piece in pieces) length += piece.Length;
        Length = checked((int)length);
    }

    public int Length { get; }

    /// <summary>The pieces in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pieces => _pieces;

    /// <summary>The octets without a copy, when they are in one piece.</summary>
    public bool TryGetSingle(out ReadOnlyMemory<byte> octets)
    {
        octets = _pieces.Count is 1 ? _pieces[0] : default;
        return _pieces.Count is 1;
    }

    /// <summary>Joins the pieces.</summary>
    public void CopyTo(Span<byte> destination)
    {
        foreach (var piece in _pieces)
        {
            piece.Span.CopyTo(destination);
            destination = destination[piece.Length..];
        }
    }

    public byte[] ToArray()
    {
        var octets = new byte[Length];
        CopyTo(octets);
        return octets;
    }

    /// <summary>Takes an octet string with the tag from the reader.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    internal static OctetSegments Read(AsnReader reader, Asn1Tag tag)
    {
        var pieces = new List<ReadOnlyMemory<byte>>(1);
        if (reader.TryReadPrimitiveOctetString(out var whole, tag)) pieces.Add(whole);
        else
        {
            if (!reader.PeekTag().HasSameClassAndValue(tag)) throw new AsnContentException();
            Collect(reader.ReadEncodedValue(), pieces);
        }

        return new OctetSegments(pieces);
    }

    // As deep as the frame, which CmsBounds.Depth holds.
    private static void Collect(ReadOnlyMemory<byte> constructed, List<ReadOnlyMemory<byte>> pieces)
    {
        AsnDecoder.ReadEncodedValue(constructed.Span, AsnEncodingRules.BER, out var offset, out var length, out _);
        var reader = new AsnReader(constructed.Slice(offset, length), AsnEncodingRules.BER);
        while (reader.HasData)
        {
            if (!reader.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)) throw new AsnContentException();
            if (reader.TryReadPrimitiveOctetString(out var piece)) pieces.Add(piece);
            else Collect(reader.ReadEncodedValue(), pieces);
        }
    }
}
