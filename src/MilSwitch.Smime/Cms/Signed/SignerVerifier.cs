using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// Verifies one signer (RFC 5652 §5.4–§5.6, threats C1, C2, C4). Pure: all rules that can be judged are judged, so that a
/// verdict names everything that is wrong.
/// </summary>
public static class SignerVerifier
{
    /// <summary>A signer of a <see cref="SignedData"/>.</summary>
    /// <param name="signer">As read.</param>
    /// <param name="contentType">eContentType of the object it is in.</param>
    /// <param name="content">Of the content, encapsulated or detached.</param>
    /// <param name="certificate">The certificate that <see cref="SignerInfo.Identifier"/> names, DER.</param>
    /// <param name="key">Its public key; null: of a kind that can't be used here.</param>
    /// <param name="options">What is demanded.</param>
    public static SignerVerdict Verify(
        SignerInfo signer, string contentType, ContentDigests content, ReadOnlyMemory<byte> certificate, VerificationKey? key, VerificationOptions options)
    {
        var judge = new Judge(signer, certificate, key, options);
        var misplaced = AttributePlacement.Violations(signer, contentType, SignatureLayer.Only);
        if (signer.SignedAttributes.IsAbsent) judge.WithoutAttributes(contentType, content);
        else judge.WithAttributes(contentType, content, misplaced);
        return judge.Verdict(misplaced);
    }

    /// <summary>A countersignature, which signs the octets of another signature (RFC 5652 §11.4).</summary>
    /// <param name="signed">The signer whose signature it covers.</param>
    /// <param name="signer">One of its <see cref="SignerInfo.Countersignatures"/>.</param>
    /// <param name="certificate">The certificate that <see cref="SignerInfo.Identifier"/> names, DER.</param>
    /// <param name="key">Its public key; null: of a kind that can't be used here.</param>
    /// <param name="options">What is demanded.</param>
    public static SignerVerdict VerifyCountersignature(
        SignerInfo signed, SignerInfo signer, ReadOnlyMemory<byte> certificate, VerificationKey? key, VerificationOptions options)
    {
        var judge = new Judge(signer, certificate, key, options);
        var misplaced = AttributePlacement.ViolationsOfCountersignature(signer);
        var content = new ContentDigests(signed.Signature);
        // No contentType attribute may be there, so none is compared.
        if (signer.SignedAttributes.IsAbsent) judge.WithoutAttributes(ContentTypes.Data, content);
        else judge.WithAttributes(null, content, misplaced);
        return judge.Verdict(misplaced);
    }

    /// <summary>The content could be passed off as signed attributes (threat C1).</summary>
    public static bool LooksLikeAttributes(ReadOnlyMemory<byte> content)
    {
        if (content.IsEmpty || content.Span[0] is not 0x31) return false;
        try
        {
            BerFrame.Check(content.Span, CmsBounds.Default);
            var reader = new BerCursor(content);
            var set = reader.ReadSetOf();
            if (!set.HasData) return false;
            while (set.HasData) CmsAttribute.Read(ref set, CmsBounds.Default);
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
        catch (CmsFormatException fault)
        {
            // More than fits the bounds is no reason to take it for harmless.
            return fault.Fault is not CmsFault.Malformed;
        }
    }

    private ref struct Judge
    {
        private readonly SignerInfo signer;
        private readonly KnownCertificate? certificate;
        private readonly VerificationKey? key;
        private readonly VerificationOptions options;
        private readonly DigestAlgorithm? digest;
        private readonly SignatureScheme? scheme;
        private readonly bool fits;
        private List<Reason>? reasons;
        private DateTimeOffset? signingTime;

        public Judge(SignerInfo signer, ReadOnlyMemory<byte> certificate, VerificationKey? key, VerificationOptions options)
        {
            this.signer = signer;
            this.certificate = Known(certificate, key);
            this.key = key;
            this.options = options;
            digest = DigestAlgorithm.Find(signer.DigestAlgorithm);
            scheme = SignatureScheme.Find(signer.SignatureAlgorithm);
            if (this.certificate is null || !signer.Identifier.Names(this.certificate.Frame)) Add(Reason.SignerMismatch);
            if (digest is null || scheme is not { } known || key is null)
            {
                Add(Reason.Unsupported);
                return;
            }

            fits = key.Fits(known) && (known.Digest is null || known.Digest == digest) && IsDigestFor(known, digest);
            if (!fits) Add(Reason.AlgorithmMismatch);
            var rules = options.Suite.Accepting;
            if (!rules.Allows(digest) || !rules.Allows(known.Family)) Add(Reason.WeakAlgorithm);
            else if (!rules.Suffices(known.Family, key.Size)) Add(Reason.WeakKey);
        }

        public void WithAttributes(string? contentType, ContentDigests content, IReadOnlyList<AttributeRule> misplaced)
        {
            var attributes = signer.SignedAttributes;
            if (misplaced.Count > 0) Add(Reason.AttributePlacement);
            CheckMultiplicity(attributes);
            if (contentType is not null && !IsContentType(attributes.Value(AttributeTypes.ContentType), contentType)) Add(Reason.SignedAttributesInvalid);
            CheckDigest(attributes.Value(AttributeTypes.MessageDigest), content);
            CheckSigningTime(attributes);
            if (!IsCertificateMeant(attributes)) Add(Reason.SignedAttributesInvalid);
            if (!IsAlgorithmProtected(attributes)) Add(Reason.AlgorithmMismatch);
            if (!fits) return;
            try
            {
                if (!key!.Verify(scheme!.Value, digest!, attributes.SetOf, signer.Signature.Span)) Add(Reason.SignatureInvalid);
            }
            catch (CmsFormatException)
            {
                Add(Reason.SignedAttributesInvalid);
            }
        }

        public void WithoutAttributes(string contentType, ContentDigests content)
        {
            // RFC 5652 §5.3: signed attributes must be there for every content type but data.
            if (!options.WithoutAttributes || contentType != ContentTypes.Data || content.Content is not { } octets || LooksLikeAttributes(octets))
                Add(Reason.SignedAttributesInvalid);
            if (!fits) return;
            if (scheme!.Value.SignsOctets)
            {
                if (content.Content is { } whole && !key!.Verify(scheme.Value, digest!, whole.Span, signer.Signature.Span)) Add(Reason.SignatureInvalid);
            }
            else if (content.Find(digest!) is { } value && !key!.VerifyDigest(scheme.Value, digest!, value, signer.Signature.Span))
            {
                Add(Reason.SignatureInvalid);
            }
        }

        public readonly SignerVerdict Verdict(IReadOnlyList<AttributeRule> misplaced) => new()
        {
            Reasons = reasons ?? (IReadOnlyList<Reason>)[],
            Digest = digest,
            Signature = scheme is { Family: SignatureFamily.RsaPss } && key is { Family: SignatureFamily.RsaPkcs1 } ? $"rsa-pss-{key.Size}" : key?.Name,
            SigningTime = signingTime,
            Misplaced = misplaced,
        };

        // Null: it is no certificate.
        private static KnownCertificate? Known(ReadOnlyMemory<byte> certificate, VerificationKey? key)
        {
            try
            {
                return KnownCertificate.Of(certificate, key);
            }
            catch (CmsFormatException)
            {
                return null;
            }
        }

        private void Add(Reason reason)
        {
            reasons ??= [];
            if (!reasons.Contains(reason)) reasons.Add(reason);
        }

        // RFC 8419 §3.1: SHA-512 only. RFC 9882 §3.3: at least as strong as the key.
        private readonly bool IsDigestFor(in SignatureScheme known, DigestAlgorithm algorithm) => known.Family switch
        {
            SignatureFamily.Ed25519 => algorithm == DigestAlgorithm.Sha512 && signer.DigestAlgorithm.Parameters.IsEmpty,
            SignatureFamily.MlDsa => algorithm.Length >= known.Size switch { 44 => 32, 65 => 48, _ => 64 },
            _ => true,
        };

        private void CheckMultiplicity(AttributeSet attributes)
        {
            for (var i = 0; i < attributes.Count; i++)
            {
                var rule = AttributePlacement.Find(attributes[i].Type);
                // X.501 §8.2: an attribute type occurs once in a set of attributes.
                if (attributes.CountOf(attributes[i].Type) > 1 || (rule is { IsSingle: true } && attributes[i].Values.Count > 1)) Add(Reason.DuplicateAttribute);
                if (attributes[i].Values.Count is 0) Add(Reason.SignedAttributesInvalid);
            }
        }

        private static bool IsContentType(ReadOnlyMemory<byte> value, string contentType)
        {
            if (value.IsEmpty) return false;
            try
            {
                var reader = new BerCursor(value);
                return reader.ReadObjectIdentifier() == contentType && !reader.HasData;
            }
            catch (AsnContentException)
            {
                return false;
            }
        }

        private void CheckDigest(ReadOnlyMemory<byte> value, ContentDigests content)
        {
            if (value.IsEmpty)
            {
                Add(Reason.SignedAttributesInvalid);
                return;
            }

            if (digest is null) return;
            try
            {
                var reader = new BerCursor(value);
                var signed = reader.ReadOctetString();
                if (reader.HasData) Add(Reason.SignedAttributesInvalid);
                // A digest that nobody took can't be compared: that is not a digest that fits.
                if (content.Find(digest) is not { } computed || !signed.Span.SequenceEqual(computed)) Add(Reason.DigestMismatch);
            }
            catch (AsnContentException)
            {
                Add(Reason.SignedAttributesInvalid);
            }
        }

        private void CheckSigningTime(AttributeSet attributes)
        {
            if (attributes.CountOf(AttributeTypes.SigningTime) is 0) return;
            signingTime = Signed.SigningTime.Read(attributes.Value(AttributeTypes.SigningTime));
            if (signingTime is null) Add(Reason.SigningTime);
        }

        // RFC 5035 §3, §4: the first certificate named is the signer's.
        private readonly bool IsCertificateMeant(AttributeSet attributes)
        {
            var (second, first) = (attributes.CountOf(AttributeTypes.SigningCertificateV2), attributes.CountOf(AttributeTypes.SigningCertificate));
            if (second is 0 && first is 0) return true;
            if (certificate is null) return false;
            try
            {
                if (second > 0 && !SigningCertificate.Read(attributes.Value(AttributeTypes.SigningCertificateV2), isSecondVersion: true).Names(certificate)) return false;
                return first is 0 || SigningCertificate.Read(attributes.Value(AttributeTypes.SigningCertificate), isSecondVersion: false).Names(certificate);
            }
            catch (CmsFormatException)
            {
                return false;
            }
        }

        private readonly bool IsAlgorithmProtected(AttributeSet attributes)
        {
            if (attributes.CountOf(AttributeTypes.AlgorithmProtection) is 0) return true;
            return AlgorithmProtection.Matches(attributes.Value(AttributeTypes.AlgorithmProtection), signer.DigestAlgorithm, signer.SignatureAlgorithm);
        }
    }
}
