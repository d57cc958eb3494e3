using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// <c>SignerInfo ::= SEQUENCE { version CMSVersion, sid SignerIdentifier, digestAlgorithm DigestAlgorithmIdentifier,
/// signedAttrs [0] IMPLICIT SignedAttributes OPTIONAL, signatureAlgorithm SignatureAlgorithmIdentifier,
/// signature SignatureValue, unsignedAttrs [1] IMPLICIT UnsignedAttributes OPTIONAL }</c> (RFC 5652 §5.3).
/// As it was received; nothing of it is believed. Immutable.
/// </summary>
public sealed class SignerInfo
{
    private SignerInfo(ReadOnlyMemory<byte> encoded) => Encoded = encoded;

    /// <summary>The whole, as received.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    public int Version { get; private init; }

    public SignerIdentifier Identifier { get; private init; }

    public AlgorithmIdentifier DigestAlgorithm { get; private init; }

    public AttributeSet SignedAttributes { get; private init; } = AttributeSet.Absent;

    public AlgorithmIdentifier SignatureAlgorithm { get; private init; }

    public ReadOnlyMemory<byte> Signature { get; private init; }

    public AttributeSet UnsignedAttributes { get; private init; } = AttributeSet.Absent;

    /// <summary>Signatures of others over <see cref="Signature"/> (RFC 5652 §11.4), which may be countersigned themselves.</summary>
    public IReadOnlyList<SignerInfo> Countersignatures { get; private init; } = [];

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="CmsFormatException">It is not one, or breaks a bound.</exception>
    public static SignerInfo Read(AsnReader reader, CmsBounds bounds)
    {
        try
        {
            var cursor = new BerCursor(reader.ReadEncodedValue());
            return Read(ref cursor, bounds);
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("not a SignerInfo", cause: fault);
        }
    }

    /// <summary>Takes one from what was checked.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    /// <exception cref="CmsFormatException">It is not one, or breaks a bound.</exception>
    internal static SignerInfo Read(ref BerCursor cursor, CmsBounds bounds) => Read(ref cursor, bounds, bounds.Countersignatures);

    // Recursion ends at CmsBounds.Countersignatures.
    private static SignerInfo Read(ref BerCursor reader, CmsBounds bounds, int levels)
    {
        var encoded = reader.PeekEncodedValue();
        var sequence = reader.ReadSequence();
        if (!sequence.TryReadInt32(out var version)) throw new CmsFormatException("not a SignerInfo");
        var identifier = SignerIdentifier.Read(ref sequence);
        var digest = AlgorithmIdentifier.Read(ref sequence);
        var signed = AttributeSet.Read(ref sequence, 0, bounds);
        var signatureAlgorithm = AlgorithmIdentifier.Read(ref sequence);
        var signature = sequence.ReadOctetString();
        var unsigned = AttributeSet.Read(ref sequence, 1, bounds);
        sequence.ThrowIfNotEmpty();
        return new SignerInfo(encoded)
        {
            Version = version,
            Identifier = identifier,
            DigestAlgorithm = digest,
            SignedAttributes = signed,
            SignatureAlgorithm = signatureAlgorithm,
            Signature = signature,
            UnsignedAttributes = unsigned,
            Countersignatures = Counter(unsigned, bounds, levels),
        };
    }

    private static SignerInfo[] Counter(AttributeSet unsigned, CmsBounds bounds, int levels)
    {
        if (unsigned.CountOf(AttributeTypes.CounterSignature) is 0) return [];
        if (levels is 0) throw new CmsFormatException("countersignatures on countersignatures without end", CmsFault.TooDeep);
        var counter = new List<SignerInfo>();
        foreach (var value in unsigned.Values(AttributeTypes.CounterSignature))
        {
            if (counter.Count == bounds.Signers) throw new CmsFormatException("too many countersignatures", CmsFault.TooLarge);
            var cursor = new BerCursor(value);
            counter.Add(Read(ref cursor, bounds, levels - 1));
        }

        return [.. counter];
    }
}
