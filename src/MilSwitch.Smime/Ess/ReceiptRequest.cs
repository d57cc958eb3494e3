using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>ReceiptRequest ::= SEQUENCE { signedContentIdentifier ContentIdentifier, receiptsFrom ReceiptsFrom,
/// receiptsTo SEQUENCE SIZE (1..16) OF GeneralNames }</c> (RFC 2634 §2.7). Immutable.
/// </summary>
public sealed record ReceiptRequest
{
    private const int MostReceiptsTo = 16;
    private const int MostListed = 1_000;

    public required ReadOnlyMemory<byte> ContentIdentifier { get; init; }

    public required ReceiptsFrom From { get; init; }

    public required IReadOnlyList<GeneralNames> To { get; init; }

    /// <exception cref="CmsFormatException">It is none.</exception>
    public static ReceiptRequest Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "ReceiptRequest", Read);

    public byte[] Encode()
    {
        if (To.Count is 0 or > MostReceiptsTo) throw new InvalidOperationException("receipts go to at least one and at most 16 entities (RFC 2634 §2.7)");
        return EssValue.Encode(w =>
        {
            using (w.PushSequence())
            {
                w.WriteOctetString(ContentIdentifier.Span);
                if (From.List is { } listed) WriteAll(w, listed, EssValue.Context(1, isConstructed: true));
                else w.WriteInteger(From.AllOrFirstTier, EssValue.Context(0));
                WriteAll(w, To, null);
            }
        });
    }

    public bool Equals(ReceiptRequest? other) =>
        other is not null && ContentIdentifier.Span.SequenceEqual(other.ContentIdentifier.Span) && From.Equals(other.From) && To.SequenceEqual(other.To);

    public override int GetHashCode() => HashCode.Combine(ContentIdentifier.Length, From, To.Count);

    private static ReceiptRequest Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var identifier = sequence.ReadOctetString();
        ReceiptsFrom from;
        if (sequence.PeekTag().HasSameClassAndValue(EssValue.Context(0)))
        {
            if (!sequence.TryReadInt32(out var all, EssValue.Context(0)) || all is < 0 or > 1) throw new AsnContentException();
            from = all is 0 ? ReceiptsFrom.All : ReceiptsFrom.FirstTier;
        }
        else
        {
            from = ReceiptsFrom.Listed(EssValue.Many(sequence.ReadSequence(EssValue.Context(1, isConstructed: true)), 0, MostListed, r => GeneralNames.Read(r)));
        }

        var to = EssValue.Many(sequence.ReadSequence(), 1, MostReceiptsTo, r => GeneralNames.Read(r));
        sequence.ThrowIfNotEmpty();
        return new ReceiptRequest { ContentIdentifier = identifier, From = from, To = to };
    }

    private static void WriteAll(AsnWriter writer, IReadOnlyList<GeneralNames> entities, Asn1Tag? tag)
    {
        using (writer.PushSequence(tag))
        {
            foreach (var entity in entities) entity.Write(writer);
        }
    }
}
