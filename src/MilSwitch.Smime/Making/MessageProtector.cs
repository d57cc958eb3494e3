using System.Buffers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>
/// Protects whole messages (RFC 5322), and changes or takes off the protection that they have. Header fields other than
/// those of MIME stay outside to the octet, unless a policy hides them; what is signed already is never touched. The result
/// is in pieces that refer to the message: a large body is copied only where it is encrypted or given a transfer encoding.
/// Nothing is kept between calls; thread-safe.
/// </summary>
/// <remarks>
/// All methods throw <see cref="MakingRefusedException"/> when the order can't be followed without breaking a rule,
/// <see cref="SigningRefusedException"/> when a signature would break one, and <see cref="KeyUnavailableException"/> when a
/// key can't be used now. A message with local line ends (LF alone) is given those of mail first (RFC 8551 §3.1.1).
/// </remarks>
public static partial class MessageProtector
{
    /// <summary>Signs a message; one that is protected already gets an outer signature (RFC 2634 §1.1).</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static ValueTask<ReadOnlySequence<byte>> SignAsync(ReadOnlyMemory<byte> message, SignatureSettings settings, CancellationToken cancellationToken = default) =>
        SignAsync(ProtectionSource.Read(message), settings, cancellationToken);

    /// <inheritdoc cref="SignAsync(ReadOnlyMemory{byte}, SignatureSettings, CancellationToken)"/>
    public static async ValueTask<ReadOnlySequence<byte>> SignAsync(MimeEntity message, SignatureSettings settings, CancellationToken cancellationToken = default)
    {
        ProtectionSource.Check(message, settings.Tolerated);
        var isProtected = ProtectionSource.IsProtected(message);
        if (isProtected && settings.HeaderProtection is ProtectionScheme.Rfc8551) throw NoSecondWrap();
        var taken = ProtectionSource.TakeApart(message, settings.HeaderProtection, encrypts: false, HeaderConfidentialityPolicy.None, legacyDisplay: false);
        var content = ProtectionSource.Payload(taken);
        // What is inside of another signature or of encryption must not be encoded anew.
        content = isProtected ? Unchanged(content, settings) : SigningStage.Prepare(content, settings, isInside: false);
        var layer = isProtected ? SignatureLayer.Outer : SignatureLayer.Only;
        return ProtectionSource.Assemble(taken.OuterFields, await SigningStage.SignAsync(content, settings, layer, isInside: false, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Encrypts a message. A signed one is encrypted as it is, and of its header only what the signature holds is protected:
    /// nothing can be hidden (<see cref="SignAndEncryptAsync(ReadOnlyMemory{byte}, SignatureSettings, EncryptionSettings, CancellationToken)"/> can).
    /// </summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="settings">How.</param>
    /// <param name="cancellationToken">Not used yet: no key waits.</param>
    public static ValueTask<ReadOnlySequence<byte>> EncryptAsync(ReadOnlyMemory<byte> message, EncryptionSettings settings, CancellationToken cancellationToken = default) =>
        EncryptAsync(ProtectionSource.Read(message), settings, cancellationToken);

    /// <inheritdoc cref="EncryptAsync(ReadOnlyMemory{byte}, EncryptionSettings, CancellationToken)"/>
    public static ValueTask<ReadOnlySequence<byte>> EncryptAsync(MimeEntity message, EncryptionSettings settings, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ProtectionSource.Check(message, settings.Tolerated);
        var taken = TakeApart(message, settings);
        return ValueTask.FromResult(ProtectionSource.Assemble(taken.OuterFields, SealingStage.Seal(ProtectionSource.Payload(taken), settings, binary: false)));
    }

    /// <summary>Signs a message and encrypts that: its header is protected by both (RFC 9788 §5.2).</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="signature">Of the signature inside. Its header protection counts, not the encryption's.</param>
    /// <param name="encryption">Around it.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReadOnlySequence<byte>> SignAndEncryptAsync(
        ReadOnlyMemory<byte> message, SignatureSettings signature, EncryptionSettings encryption, CancellationToken cancellationToken = default)
    {
        var (taken, signed) = await SignInsideAsync(ProtectionSource.Read(message), signature, SignatureLayer.Only, encryption, cancellationToken).ConfigureAwait(false);
        return ProtectionSource.Assemble(taken.OuterFields, SealingStage.Seal(signed, encryption, binary: false));
    }

    /// <summary>Triple wrap (RFC 2634 §1.1): signs, encrypts, signs.</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="inner">Of the signature inside; null: the message is signed already, and that signature is kept.</param>
    /// <param name="encryption">In the middle.</param>
    /// <param name="outer">Around it. Its header protection signs what stands outside.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static ValueTask<ReadOnlySequence<byte>> WrapAsync(
        ReadOnlyMemory<byte> message, SignatureSettings? inner, EncryptionSettings encryption, SignatureSettings outer, CancellationToken cancellationToken = default) =>
        WrapAsync(ProtectionSource.Read(message), inner, encryption, outer, cancellationToken);

    /// <inheritdoc cref="WrapAsync(ReadOnlyMemory{byte}, SignatureSettings?, EncryptionSettings, SignatureSettings, CancellationToken)"/>
    public static async ValueTask<ReadOnlySequence<byte>> WrapAsync(
        MimeEntity message, SignatureSettings? inner, EncryptionSettings encryption, SignatureSettings outer, CancellationToken cancellationToken = default)
    {
        if (outer.HeaderProtection is ProtectionScheme.Rfc8551) throw NoSecondWrap();
        ProtectedMessage taken;
        ReadOnlySequence<byte> signed;
        if (inner is not null)
        {
            (taken, signed) = await SignInsideAsync(message, inner, SignatureLayer.Inner, encryption, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            ProtectionSource.Check(message, encryption.Tolerated);
            if (!IsSigned(message)) throw new MakingRefusedException(MakingRefusal.NotProtected, "the message is not signed, and no inner signature was ordered");
            taken = TakeApart(message, encryption);
            signed = ProtectionSource.Payload(taken);
        }

        var isClear = outer.Format is SignatureFormat.Clear;
        var fields = outer.HeaderProtection is ProtectionScheme.Rfc9788 ? taken.ComposedFields : default;
        var encrypted = SealingStage.Seal(signed, encryption, binary: !isClear && !encryption.EncodeInside, fields);
        var content = Unchanged(encrypted, outer);
        return ProtectionSource.Assemble(taken.OuterFields, await SigningStage.SignAsync(content, outer, SignatureLayer.Outer, isInside: false, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Puts another outer signature in the place of the one that a triple wrap has. What it covers stays the same octets, and
    /// so do the header fields. The old signature is not judged here.
    /// </summary>
    /// <param name="message">Signed at its root, over another layer of protection.</param>
    /// <param name="outer">Of the new signature. Its header protection is of no effect: what is covered stays as it is.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async ValueTask<ReadOnlySequence<byte>> ReplaceOuterAsync(ReadOnlyMemory<byte> message, SignatureSettings outer, CancellationToken cancellationToken = default)
    {
        var root = ProtectionSource.Read(message);
        ProtectionSource.Check(root, outer.Tolerated);
        var (_, covered, isClear) = SignedRoot.Read(root);
        if (!ProtectionSource.IsProtected(isClear ? root.Parts[0] : ProtectionSource.Read(covered)))
            throw new MakingRefusedException(MakingRefusal.NotProtected, "the signature covers no other layer of protection: it is not an outer one");
        var content = Unchanged(new ReadOnlySequence<byte>(covered), outer);
        return ProtectionSource.Assemble(
            ProtectionSource.OtherFields(root), await SigningStage.SignAsync(content, outer, SignatureLayer.Outer, isInside: false, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>There are signatures at the root of a message, good or not.</summary>
    internal static bool IsSigned(ReadOnlyMemory<byte> message) => IsSigned(ProtectionSource.Read(message));

    /// <summary>Countersigns the signatures at the root of a message (RFC 5652 §11.4). What they cover, and they themselves, stay as they are.</summary>
    /// <param name="message">Signed at its root.</param>
    /// <param name="settings">Who and how. Only signatures that hold are countersigned; whether to believe their signers is the caller's to judge.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    public static async ValueTask<ReadOnlySequence<byte>> CountersignAsync(ReadOnlyMemory<byte> message, CountersignatureSettings settings, CancellationToken cancellationToken = default)
    {
        var root = ProtectionSource.Read(message);
        ProtectionSource.Check(root, ProtectionSource.Tolerable);
        var (signed, covered, isClear) = SignedRoot.Read(root);
        var digests = new ContentDigests(covered);
        SignedParts? parts = null;
        if (settings.Path.Count > 0) parts = await CountersignAsync(signed, settings.Path, digests, settings, cancellationToken).ConfigureAwait(false);
        else
        {
            foreach (var signer in signed.Signers)
            {
                // A signer that grew may stand elsewhere in the set.
                var current = parts is null ? signed : SignedData.Read(parts.Join(isClear ? [] : covered.Span), CmsBounds.Default);
                var at = current.Signers.Index().First(s => s.Item.Identifier.Equals(signer.Identifier) && s.Item.Signature.Span.SequenceEqual(signer.Signature.Span)).Index;
                parts = await CountersignAsync(current, [at], digests, settings, cancellationToken).ConfigureAwait(false);
            }
        }

        if (parts is null) throw new MakingRefusedException(MakingRefusal.NotProtected, "nobody has signed");
        var content = new ReadOnlySequence<byte>(covered);
        var entity = isClear
            ? SmimeWriter.ClearSigned(content, new ReadOnlySequence<byte>(parts.Prefix), SigningStage.Micalg(signed.DigestAlgorithms.Select(a => DigestAlgorithm.Find(a)).OfType<DigestAlgorithm>()))
            : SmimeWriter.Opaque(SmimeClaim.SignedData, new OctetPieces().Add(parts.Prefix).Add(content).Add(parts.Suffix).ToSequence(), binary: false);
        return ProtectionSource.Assemble(ProtectionSource.OtherFields(root), entity);
    }

    private static ValueTask<SignedParts> CountersignAsync(
        SignedData signed, IReadOnlyList<int> path, ContentDigests content, CountersignatureSettings settings, CancellationToken cancellationToken) => IsGood(signed, path, content, settings)
            ? SignedDataWriter.CountersignAsync(signed, path, settings.Signer, settings.SigningTime, settings.Suite, cancellationToken)
            : throw new MakingRefusedException(MakingRefusal.SignatureNotGood, "a signature that does not hold is not countersigned");

    private static async ValueTask<(ProtectedMessage Taken, ReadOnlySequence<byte> Signed)> SignInsideAsync(
        MimeEntity message, SignatureSettings signature, SignatureLayer layer, EncryptionSettings encryption, CancellationToken cancellationToken)
    {
        ProtectionSource.Check(message, signature.Tolerated);
        if (ProtectionSource.IsProtected(message)) throw new MakingRefusedException(MakingRefusal.AlreadyProtected, "the message is protected already; an inner signature can't be put into it");
        var taken = ProtectionSource.TakeApart(message, signature.HeaderProtection, encrypts: true, encryption.HeaderPolicy, encryption.LegacyDisplay);
        var content = SigningStage.Prepare(ProtectionSource.Payload(taken), signature, isInside: true);
        return (taken, await SigningStage.SignAsync(content, signature, layer, isInside: true, cancellationToken).ConfigureAwait(false));
    }

    // Of a message that is signed already nothing can be hidden: its protected copy has no HP-Outer to say so.
    private static ProtectedMessage TakeApart(MimeEntity message, EncryptionSettings settings)
    {
        if (!ProtectionSource.IsProtected(message))
            return ProtectionSource.TakeApart(message, settings.HeaderProtection, encrypts: true, settings.HeaderPolicy, settings.LegacyDisplay);
        if (settings.HeaderProtection is not ProtectionScheme.None && settings.HeaderPolicy != HeaderConfidentialityPolicy.None)
            throw new MakingRefusedException(MakingRefusal.AlreadyProtected, "the message is protected already: its header can't be hidden any more");
        return ProtectionSource.TakeApart(message, ProtectionScheme.None, encrypts: true, HeaderConfidentialityPolicy.None, legacyDisplay: false);
    }

    private static ReadOnlySequence<byte> Unchanged(ReadOnlySequence<byte> content, SignatureSettings settings)
    {
        if (settings.Format is not SignatureFormat.Clear || settings.EightBit is EightBitContent.Keep || SigningStage.IsSevenBit(content)) return content;
        throw new MakingRefusedException(MakingRefusal.NotSevenBit, "what is to be signed is not in 7 bits and may not change; an opaque signature can hold it (RFC 8551 §3.1.3)");
    }

    private static bool IsSigned(MimeEntity message) => SmimePart.Recognise(message) is { Kind: SmimeKind.ClearSigned } or { Kind: SmimeKind.Opaque, Claim: SmimeClaim.SignedData };

    private static bool IsGood(SignedData signed, IReadOnlyList<int> path, ContentDigests content, CountersignatureSettings settings)
    {
        if (path[0] < 0 || path[0] >= signed.Signers.Count) throw new ArgumentOutOfRangeException(nameof(path), "no such signer");
        var signer = signed.Signers[path[0]];
        if (path.Count is 1) return SignerJudgement.Of(signed, signer, content, settings.Certificates, settings.Verification).Verdict.IsGood;
        for (var i = 1; i < path.Count; i++)
        {
            var below = signer.Countersignatures;
            if (path[i] < 0 || path[i] >= below.Count) throw new ArgumentOutOfRangeException(nameof(path), "no such countersignature");
            if (i < path.Count - 1) signer = below[path[i]];
        }

        var counter = signer.Countersignatures[path[^1]];
        var certificate = SignerJudgement.CertificateOf(signed, counter, settings.Certificates);
        return !certificate.IsEmpty && SignerVerifier.VerifyCountersignature(signer, counter, certificate, SignerJudgement.KeyOf(certificate), settings.Verification).IsGood;
    }

    private static MakingRefusedException NoSecondWrap() => new(MakingRefusal.AlreadyProtected, "an outer signature takes no message/rfc822 wrap (RFC 9788 §4.10.1)");
}
