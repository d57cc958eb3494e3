using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Tests;

/// <summary>
/// Reads whatever a CMS object or a message holds, with everything that reads it, and keeps what would be believed: which
/// octets were signed by which key, and which plaintext a code was right for. One object or message per instance.
/// </summary>
internal sealed class CmsBelief(IReadOnlyList<IDecryptionKey> keys, IReadOnlyList<ReadOnlyMemory<byte>> certificates, OpeningOptions? opening = null) : ILayerOpener
{
    /// <summary>Everything that others' old material uses, so that as much as possible is believed.</summary>
    private static readonly OpeningOptions Opening = new() { AllowLegacy = true, MaximumIterations = 5_000 };
    private readonly VerificationKeys verificationKeys = new();

    /// <summary>Signatures that are good, by what they cover: content type, content, attributes and key.</summary>
    public HashSet<string> Signed { get; } = new(StringComparer.Ordinal);

    /// <summary>Plaintexts whose code was right.</summary>
    public HashSet<string> Authenticated { get; } = new(StringComparer.Ordinal);

    /// <summary>Verdicts of all signers met, outermost first.</summary>
    public List<SignerVerdict> Verdicts { get; } = [];

    /// <summary>Plaintext of the last encrypted layer that opened.</summary>
    public byte[]? Plaintext { get; private set; }

    /// <summary>How the last encrypted layer opened.</summary>
    public OpeningOutcome? Outcome { get; private set; }

    /// <summary>What of this is not in the other.</summary>
    public IEnumerable<string> Beyond(CmsBelief other) => Signed.Except(other.Signed).Concat(Authenticated.Except(other.Authenticated));

    /// <summary>A message with all its layers, and its protected header.</summary>
    public async Task<LayerWalk> ReadMessageAsync(ReadOnlyMemory<byte> message)
    {
        var walk = await LayerWalk.WalkAsync(message, this, new MimeBudget());
        foreach (var entity in walk.Root.Walk()) entity.Decode();
        foreach (var field in ProtectedHeaders.Read(walk.Root.Header, walk.Payload, Signed.Count > 0, walk.IsEncrypted).Fields) Assert.NotNull(field.Name);
        return walk;
    }

    /// <summary>An object outside of mail.</summary>
    public async Task<LayerType> ReadAsync(ReadOnlyMemory<byte> cms, ReadOnlyMemory<byte>? detached = null)
    {
        var opened = await OpenAsync(new FoundLayer("1", new SmimePart(SmimeKind.Opaque, SmimeClaim.None, false, []), cms, detached) { IsAtRoot = true });
        return opened.Type;
    }

    public async ValueTask<OpenedLayer> OpenAsync(FoundLayer layer, CancellationToken cancellationToken = default)
    {
        try
        {
            var info = ContentInfo.Read(layer.Cms, CmsBounds.Default);
            switch (info.ContentType)
            {
                case ContentTypes.SignedData:
                    return ReadSigned(SignedData.ReadContent(info.Content, CmsBounds.Default), layer.Detached);
                case ContentTypes.EnvelopedData or ContentTypes.AuthEnvelopedData:
                    return await OpenEnvelopedAsync(EnvelopedContent.Read(info, CmsBounds.Default), cancellationToken);
                case ContentTypes.CompressedData:
                    var compressed = CompressedContent.Read(info);
                    if (!compressed.IsSupported) return new OpenedLayer(LayerType.Unsupported, null);
                    using (var plain = compressed.Decompress(CmsBounds.Default)) return new OpenedLayer(LayerType.Compressed, plain.Memory.ToArray());
                default:
                    if (UnsupportedContent.Recognises(info.ContentType)) UnsupportedContent.Read(info, CmsBounds.Default);
                    return new OpenedLayer(LayerType.Unsupported, null);
            }
        }
        catch (CmsFormatException)
        {
            return new OpenedLayer(LayerType.Malformed, null);
        }
    }

    private async Task<OpenedLayer> OpenEnvelopedAsync(EnvelopedContent enveloped, CancellationToken cancellationToken)
    {
        using var opened = await EnvelopedOpener.OpenAsync(enveloped, keys, opening ?? Opening, cancellationToken);
        Outcome = opened.Outcome;
        var type = enveloped.IsAuthenticated ? LayerType.AuthEncrypted : LayerType.Encrypted;
        if (opened.Outcome is not OpeningOutcome.Opened) return new OpenedLayer(type, null);
        Assert.Equal(enveloped.IsAuthenticated, opened.IsAuthenticated);
        Plaintext = opened.Content.ToArray();
        if (opened.IsAuthenticated) Authenticated.Add(Convert.ToHexString(SHA256.HashData(Plaintext)));
        return new OpenedLayer(type, Plaintext);
    }

    private OpenedLayer ReadSigned(SignedData signed, ReadOnlyMemory<byte>? detached)
    {
        foreach (var certificate in signed.Certificates) Decode(() => Certificate.Read(certificate));
        foreach (var list in signed.RevocationLists) Decode(() => RevocationList.Read(list));
        if (signed.ContentType == ContentTypes.Receipt) Decode(() => SignedReceipts.Read(signed));
        // Content inside and content outside: nobody could say what was signed (threat C2).
        if (signed.Content is not null && detached is not null) return new OpenedLayer(LayerType.Malformed, null);
        var content = signed.Content ?? detached ?? default;
        foreach (var signer in signed.Signers)
        {
            var found = Find(signed, signer);
            Keep(SignerVerifier.Verify(signer, signed.ContentType, new ContentDigests(content), found, Key(found), VerificationOptions.Legacy), signed.ContentType, content, signer, found);
            MultipleSignatures.AreAllPresent(signed, signer);
            ReadAttributes(signed, signer);
            foreach (var counter in signer.Countersignatures) ReadCountersignature(signed, signer, counter);
        }

        Decode(() => ReceiptDecision.Agreed(signed.Signers, out _));
        if (signed.IsCertificatesOnly) return new OpenedLayer(LayerType.CertsOnly, null);
        return signed.ContentType == ContentTypes.Receipt ? new OpenedLayer(LayerType.Receipt, null) : new OpenedLayer(LayerType.Signed, signed.Content);
    }

    private void ReadCountersignature(SignedData signed, SignerInfo target, SignerInfo counter)
    {
        var found = Find(signed, counter);
        Keep(SignerVerifier.VerifyCountersignature(target, counter, found, Key(found), VerificationOptions.Legacy), "", target.Signature, counter, found);
        ReadAttributes(signed, counter);
        foreach (var nested in counter.Countersignatures) ReadCountersignature(signed, counter, nested);
    }

    private void Keep(SignerVerdict verdict, string contentType, ReadOnlyMemory<byte> content, SignerInfo signer, ReadOnlyMemory<byte> certificate)
    {
        Verdicts.Add(verdict);
        if (!verdict.IsGood) return;
        var attributes = signer.SignedAttributes.IsAbsent ? "none" : Convert.ToHexString(SHA256.HashData(signer.SignedAttributes.SetOf));
        Signed.Add($"{contentType} {Convert.ToHexString(SHA256.HashData(content.Span))} {attributes} {Convert.ToHexString(SHA256.HashData(CertificateFrame.Read(certificate).SubjectPublicKeyInfo.Span))}");
    }

    private ReadOnlyMemory<byte> Find(SignedData signed, SignerInfo signer)
    {
        var inside = signed.CertificateOf(signer);
        return inside.IsEmpty ? certificates.FirstOrDefault(signer.Identifier.Names) : inside;
    }

    private VerificationKey? Key(ReadOnlyMemory<byte> certificate)
    {
        if (certificate.IsEmpty) return null;
        try
        {
            // A DSA key without parameters has its issuer's, which are among those that are known.
            return verificationKeys.Get(certificate) ?? certificates.Select(c => verificationKeys.Get(certificate, c)).FirstOrDefault(k => k is not null);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }

    private static void ReadAttributes(SignedData signed, SignerInfo signer)
    {
        AttributePlacement.Violations(signer, signed.ContentType, SignatureLayer.Inner);
        AttributePlacement.Violations(signer, signed.ContentType, SignatureLayer.Outer);
        foreach (var attribute in signer.SignedAttributes.Concat(signer.UnsignedAttributes))
        {
            foreach (var value in attribute.Values)
            {
                Decode(() =>
                {
                    _ = attribute.Type switch
                    {
                        AttributeTypes.SigningTime => SigningTime.Read(value),
                        AttributeTypes.SmimeCapabilities => SmimeCapabilities.Read(value),
                        AttributeTypes.ReceiptRequest => ReceiptRequest.Read(value),
                        AttributeTypes.SecurityLabel => EssLabel.Read(value),
                        AttributeTypes.MlExpansionHistory => MlData.ReadHistory(value),
                        AttributeTypes.ContentHints => ContentHints.Read(value),
                        AttributeTypes.MsgSigDigest or AttributeTypes.ContentIdentifier => EssOctets.Read(value),
                        AttributeTypes.EquivalentLabels => EquivalentLabels.Read(value),
                        AttributeTypes.ContentReference => ContentReference.Read(value),
                        AttributeTypes.EncryptionKeyPreference => EncryptionKeyPreference.Read(value),
                        AttributeTypes.SigningCertificate => SigningCertificate.Read(value, isSecondVersion: false),
                        AttributeTypes.SigningCertificateV2 => SigningCertificate.Read(value, isSecondVersion: true),
                        AttributeTypes.SignatureType => SignatureType.Read(value),
                        AttributeTypes.MultipleSignatures => MultipleSignatures.Read(value),
                        AttributeTypes.SecureHeaderFields => SecureHeaderFields.Read(value),
                        _ => (object?)null,
                    };
                });
            }
        }
    }

    /// <summary>The exceptions that readers are documented to throw.</summary>
    private static void Decode(Action read)
    {
        try
        {
            read();
        }
        catch (Exception fault) when (fault is CmsFormatException or LabelRefusedException)
        {
            // An outcome like others.
        }
    }
}
