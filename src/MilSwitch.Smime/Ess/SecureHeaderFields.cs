using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>SecureHeaderFields ::= SET { canonAlgorithm Algorithm, secHeaderFields HeaderFields }</c> (RFC 7508 §4.1). Immutable.
/// </summary>
/// <param name="IsRelaxed">Canonicalization relaxed, else simple.</param>
/// <param name="Fields">At least one.</param>
public sealed record SecureHeaderFields(bool IsRelaxed, IReadOnlyList<SecureHeaderField> Fields)
{
    private const int Most = 1_000;
    private static readonly Asn1Tag Enumerated = new(UniversalTagNumber.Enumerated);

    /// <exception cref="CmsFormatException">They are none.</exception>
    public static SecureHeaderFields Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "SecureHeaderFields", reader =>
    {
        var set = reader.ReadSetOf(skipSortOrderValidation: true);
        bool? relaxed = null;
        List<SecureHeaderField>? fields = null;
        while (set.HasData)
        {
            if (relaxed is null && set.PeekTag() == Enumerated)
            {
                relaxed = set.ReadEnumeratedBytes().Span is [var algorithm and <= 1] ? algorithm is 1 : throw new AsnContentException();
            }
            else if (fields is null && set.PeekTag() == Asn1Tag.Sequence)
            {
                fields = EssValue.Many(set.ReadSequence(), 1, Most, ReadField);
            }
            else
            {
                throw new AsnContentException();
            }
        }

        return new SecureHeaderFields(relaxed ?? throw new AsnContentException(), fields ?? throw new AsnContentException());
    });

    public byte[] Encode() => EssValue.Encode(w =>
    {
        if (Fields.Count is 0) throw new InvalidOperationException("at least one field is secured (RFC 7508 §4.1)");
        // ENUMERATED (10) before SEQUENCE (16), and so it is by octets.
        using (w.PushSetOf())
        {
            w.WriteEncodedValue(IsRelaxed ? [0x0A, 1, 1] : [0x0A, 1, 0]);
            using (w.PushSequence())
            {
                foreach (var field in Fields) WriteField(w, field);
            }
        }
    });

    public bool Equals(SecureHeaderFields? other) => other is not null && IsRelaxed == other.IsRelaxed && Fields.SequenceEqual(other.Fields);

    public override int GetHashCode() => HashCode.Combine(IsRelaxed, Fields.Count);

    private static SecureHeaderField ReadField(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var name = sequence.ReadCharacterString(UniversalTagNumber.VisibleString);
        if (name.Contains(':', StringComparison.Ordinal)) throw new AsnContentException();
        var value = sequence.ReadCharacterString(UniversalTagNumber.UTF8String);
        var status = 0;
        if (sequence.HasData && (!sequence.TryReadInt32(out status) || status is < 0 or > 2)) throw new AsnContentException();
        sequence.ThrowIfNotEmpty();
        return new SecureHeaderField(name, value, (SecureHeaderFieldStatus)status);
    }

    private static void WriteField(AsnWriter writer, SecureHeaderField field)
    {
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.VisibleString, field.Name);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, field.Value);
            if (field.Status is not SecureHeaderFieldStatus.Duplicated) writer.WriteInteger((int)field.Status);
        }
    }
}
