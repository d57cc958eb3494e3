using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Tokens;

/// <summary><c>RSAES-OAEP-params</c> (RFC 4055 §4.1, RFC 8017 §A.2.1).</summary>
/// <param name="Digest">Digest of the label.</param>
/// <param name="MaskDigest">Digest of the mask generation function.</param>
/// <param name="Label">Usually empty.</param>
internal sealed record OaepParameters(HashAlgorithmName Digest, HashAlgorithmName MaskDigest, byte[] Label)
{
    public const string RsaesOaep = "1.2.840.113549.1.1.7";
    private const string Mgf1 = "1.2.840.113549.1.1.8";
    private const string SpecifiedLabel = "1.2.840.113549.1.1.9";

    /// <exception cref="CmsFormatException">They are malformed.</exception>
    /// <exception cref="NotSupportedException">They ask for something else than MGF1 and SHA.</exception>
    public static OaepParameters Read(ReadOnlyMemory<byte> parameters)
    {
        var (digest, mask, label) = (HashAlgorithmName.SHA1, HashAlgorithmName.SHA1, Array.Empty<byte>());
        // Absent parameters stand for the defaults, as in PKCS #1 of old.
        if (parameters.IsEmpty) return new OaepParameters(digest, mask, label);
        try
        {
            var outer = new AsnReader(parameters, AsnEncodingRules.BER);
            var sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            if (Tagged(sequence, 0) is { } hash) digest = Hash(AlgorithmIdentifier.Read(hash).Algorithm);
            if (Tagged(sequence, 1) is { } generation)
            {
                var function = AlgorithmIdentifier.Read(generation);
                if (function.Algorithm != Mgf1) throw new NotSupportedException($"The mask generation function {function.Algorithm} is not known.");
                mask = Hash(AlgorithmIdentifier.Read(new AsnReader(function.Parameters, AsnEncodingRules.BER)).Algorithm);
            }

            if (Tagged(sequence, 2) is { } source)
            {
                var specified = AlgorithmIdentifier.Read(source);
                if (specified.Algorithm != SpecifiedLabel) throw new NotSupportedException($"The label source {specified.Algorithm} is not known.");
                label = new AsnReader(specified.Parameters, AsnEncodingRules.BER).ReadOctetString();
            }

            sequence.ThrowIfNotEmpty();
            return new OaepParameters(digest, mask, label);
        }
        catch (AsnContentException fault)
        {
            throw new CmsFormatException("RSAES-OAEP-params is malformed", cause: fault);
        }
    }

    private static AsnReader? Tagged(AsnReader sequence, int number)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);
        return sequence.HasData && sequence.PeekTag().HasSameClassAndValue(tag) ? sequence.ReadSequence(tag) : null;
    }

    private static HashAlgorithmName Hash(string algorithm) => algorithm switch
    {
        "1.3.14.3.2.26" => HashAlgorithmName.SHA1,
        "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
        "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
        "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
        _ => throw new NotSupportedException($"The digest {algorithm} is not known here."),
    };
}
