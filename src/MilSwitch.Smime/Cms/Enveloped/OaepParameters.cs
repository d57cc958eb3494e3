using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary><c>RSAES-OAEP-params</c> (RFC 4055 §4.1): digest, digest of the mask generation, label. Immutable.</summary>
internal readonly record struct OaepParameters(HashAlgorithmName Digest, HashAlgorithmName MaskDigest, ReadOnlyMemory<byte> Label)
{
    /// <summary>One digest throughout and no label: what System.Security.Cryptography does by itself.</summary>
    public bool IsPlain => Digest == MaskDigest && Label.IsEmpty;

    /// <summary>Null when they are not understood.</summary>
    public static OaepParameters? From(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Algorithm != EnvelopedOids.RsaesOaep) return null;
        var (digest, mask, label) = (EnvelopedOids.Sha1, EnvelopedOids.Sha1, ReadOnlyMemory<byte>.Empty);
        try
        {
            // Absent parameters: every field has its default.
            if (!algorithm.Parameters.IsEmpty)
            {
                var reader = new AsnReader(algorithm.Parameters, AsnEncodingRules.BER);
                var sequence = reader.ReadSequence();
                reader.ThrowIfNotEmpty();
                if (Optional(sequence, 0) is { } hash) digest = AlgorithmIdentifier.Read(hash).Algorithm;
                if (Optional(sequence, 1) is { } generation)
                {
                    var mgf = AlgorithmIdentifier.Read(generation);
                    if (mgf.Algorithm != EnvelopedOids.Mgf1) return null;
                    mask = AlgorithmIdentifier.Read(new AsnReader(mgf.Parameters, AsnEncodingRules.BER)).Algorithm;
                }

                if (Optional(sequence, 2) is { } source)
                {
                    var specified = AlgorithmIdentifier.Read(source);
                    if (specified.Algorithm != EnvelopedOids.PSpecified) return null;
                    label = new AsnReader(specified.Parameters, AsnEncodingRules.BER).ReadOctetString();
                }

                sequence.ThrowIfNotEmpty();
            }
        }
        catch (AsnContentException)
        {
            return null;
        }

        return Name(digest) is { } d && Name(mask) is { } m ? new OaepParameters(d, m, label) : null;
    }

    /// <summary>The algorithm identifier with one digest throughout, defaults left out as DER wants.</summary>
    public static AlgorithmIdentifier Identifier(HashAlgorithmName digest)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (digest != HashAlgorithmName.SHA1)
            {
                // Digests within these parameters carry NULL (RFC 4055 §2.1).
                var hash = new AlgorithmIdentifier(Oid(digest), AlgorithmIdentifier.Null);
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) hash.Write(writer);
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(EnvelopedOids.Mgf1);
                    hash.Write(writer);
                }
            }
        }

        return new AlgorithmIdentifier(EnvelopedOids.RsaesOaep, writer.Encode());
    }

    private static AsnReader? Optional(AsnReader sequence, int tag)
    {
        var expected = new Asn1Tag(TagClass.ContextSpecific, tag);
        return sequence.HasData && sequence.PeekTag().HasSameClassAndValue(expected) ? sequence.ReadSequence(expected) : null;
    }

    private static HashAlgorithmName? Name(string oid) => oid switch
    {
        EnvelopedOids.Sha1 => HashAlgorithmName.SHA1,
        EnvelopedOids.Sha256 => HashAlgorithmName.SHA256,
        EnvelopedOids.Sha384 => HashAlgorithmName.SHA384,
        EnvelopedOids.Sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static string Oid(HashAlgorithmName digest) =>
        digest == HashAlgorithmName.SHA256 ? EnvelopedOids.Sha256
        : digest == HashAlgorithmName.SHA384 ? EnvelopedOids.Sha384
        : digest == HashAlgorithmName.SHA512 ? EnvelopedOids.Sha512
        : throw new CryptographicException("OAEP with this digest is not offered");
}
