using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// <c>CMSAlgorithmProtection ::= SEQUENCE { digestAlgorithm DigestAlgorithmIdentifier,
/// signatureAlgorithm [1] SignatureAlgorithmIdentifier OPTIONAL, macAlgorithm [2] … OPTIONAL }</c> (RFC 6211 §2).
/// </summary>
internal static class AlgorithmProtection
{
    private static readonly Asn1Tag SignatureTag = new(TagClass.ContextSpecific, 1, isConstructed: true);

    public static byte[] Encode(in AlgorithmIdentifier digest, in AlgorithmIdentifier signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            digest.Write(writer);
            using (writer.PushSequence(SignatureTag))
            {
                writer.WriteObjectIdentifier(signature.Algorithm);
                if (!signature.Parameters.IsEmpty) writer.WriteEncodedValue(signature.Parameters.Span);
            }
        }

        return writer.Encode();
    }

    /// <summary>It says the same two algorithms, parameters included; absent and NULL are the same (RFC 5754 §2).</summary>
    public static bool Matches(ReadOnlyMemory<byte> value, in AlgorithmIdentifier digest, in AlgorithmIdentifier signature)
    {
        if (value.IsEmpty) return false;
        try
        {
            var reader = new BerCursor(value);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            if (!IsSame(AlgorithmIdentifier.Read(ref sequence), digest)) return false;
            var inner = sequence.ReadSequence(SignatureTag);
            var named = new AlgorithmIdentifier(inner.ReadObjectIdentifier(), inner.HasData ? inner.ReadEncodedValue() : default);
            inner.ThrowIfNotEmpty();
            return IsSame(named, signature) && !sequence.HasData;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool IsSame(in AlgorithmIdentifier left, in AlgorithmIdentifier right) =>
        left.Algorithm == right.Algorithm && ((left.HasNoParameters && right.HasNoParameters) || left.Parameters.Span.SequenceEqual(right.Parameters.Span));
}
