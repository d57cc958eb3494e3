using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// <c>MultipleSignatures ::= SEQUENCE { bodyHashAlg DigestAlgorithmIdentifier, signAlg SignatureAlgorithmIdentifier,
/// signAttrsHash SEQUENCE { algID DigestAlgorithmIdentifier, hash OCTET STRING }, cert ESSCertIDv2 OPTIONAL }</c>
/// (RFC 5752 §3): a pointer from one signature to another of the same signer. Immutable.
/// </summary>
/// <param name="Digest">Of the signature pointed to.</param>
/// <param name="Signature">Its algorithm.</param>
/// <param name="HashAlgorithm">The digest of the signature that points.</param>
/// <param name="Hash">Of the signed attributes pointed to, as they are with empty hashes in their own pointers.</param>
/// <param name="Certificate">Null: absent.</param>
public sealed record MultipleSignatures(
    AlgorithmIdentifier Digest, AlgorithmIdentifier Signature, AlgorithmIdentifier HashAlgorithm, ReadOnlyMemory<byte> Hash, EssCertId? Certificate)
{
    /// <exception cref="CmsFormatException">It is none.</exception>
    public static MultipleSignatures Read(ReadOnlyMemory<byte> octets) => EssValue.Decode(octets, "MultipleSignatures", reader =>
    {
        var sequence = reader.ReadSequence();
        var digest = AlgorithmIdentifier.Read(sequence);
        var signature = AlgorithmIdentifier.Read(sequence);
        var hash = sequence.ReadSequence();
        var algorithm = AlgorithmIdentifier.Read(hash);
        var value = hash.ReadOctetString();
        hash.ThrowIfNotEmpty();
        var certificate = sequence.HasData ? EssCertId.Read(sequence, isSecondVersion: true) : null;
        sequence.ThrowIfNotEmpty();
        return new MultipleSignatures(digest, signature, algorithm, value, certificate);
    });

    public byte[] Encode() => EssValue.Encode(w =>
    {
        using (w.PushSequence())
        {
            Digest.Write(w);
            Signature.Write(w);
            using (w.PushSequence())
            {
                HashAlgorithm.Write(w);
                w.WriteOctetString(Hash.Span);
            }

            Certificate?.Write(w, isSecondVersion: true);
        }
    });

    /// <summary>
    /// Every signature that this signer points to is there and is what was pointed to (RFC 5752 §4.6). False where one was
    /// taken away or replaced. True without pointers.
    /// </summary>
    public static bool AreAllPresent(SignedData signed, SignerInfo signer)
    {
        if (signer.SignedAttributes.CountOf(AttributeTypes.MultipleSignatures) is 0) return true;
        try
        {
            var pointers = signer.SignedAttributes.Values(AttributeTypes.MultipleSignatures).Select(Read).ToArray();
            var met = new HashSet<SignerInfo>();
            foreach (var pointer in pointers)
            {
                var target = signed.Signers.FirstOrDefault(s => s != signer && !met.Contains(s) && IsMet(pointer, signer, s));
                if (target is null) return false;
                met.Add(target);
            }

            return pointers.Length > 0;
        }
        catch (CmsFormatException)
        {
            return false;
        }
    }

    internal static byte[] SetWithEmptyHashes(AttributeSet attributes)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        try
        {
            using (writer.PushSetOf())
            {
                foreach (var attribute in attributes)
                {
                    if (attribute.Type is not AttributeTypes.MultipleSignatures) attribute.Write(writer);
                    else new CmsAttribute(attribute.Type, [.. attribute.Values.Select(v => (ReadOnlyMemory<byte>)(Read(v) with { Hash = default }).Encode())]).Write(writer);
                }
            }
        }
        catch (ArgumentException fault)
        {
            throw new CmsFormatException("attributes have no DER form", cause: fault);
        }

        return writer.Encode();
    }

    private static bool IsMet(MultipleSignatures pointer, SignerInfo from, SignerInfo to) =>
        pointer.Digest.Algorithm == to.DigestAlgorithm.Algorithm && pointer.Signature.Algorithm == to.SignatureAlgorithm.Algorithm
        && pointer.HashAlgorithm.Algorithm == from.DigestAlgorithm.Algorithm && DigestAlgorithm.Find(pointer.HashAlgorithm) is { } digest
        && digest.Hash(SetWithEmptyHashes(to.SignedAttributes)).AsSpan().SequenceEqual(pointer.Hash.Span);
}
