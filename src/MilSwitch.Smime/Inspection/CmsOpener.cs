using System.Collections.Immutable;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// Opens the CMS objects of one message and keeps what they came to by part number. Not thread-safe. Opened plaintext is
/// borrowed until it is disposed.
/// </summary>
internal sealed class CmsOpener(InspectionOptions options) : ILayerOpener, IDisposable
{
    private readonly Dictionary<string, LayerFinding> findings = new(StringComparer.Ordinal);
    private readonly List<IDisposable> held = [];

    public LayerFinding this[string part] => findings[part];

    /// <summary>Gives what is borrowed into other hands.</summary>
    public IReadOnlyList<IDisposable> Release()
    {
        var all = held.ToArray();
        held.Clear();
        return all;
    }

    public async ValueTask<OpenedLayer> OpenAsync(FoundLayer layer, CancellationToken cancellationToken = default)
    {
        LayerFinding finding;
        ReadOnlyMemory<byte>? content = null;
        try
        {
            (finding, content) = await OpenAsync(ContentInfo.Read(layer.Cms, options.Bounds), layer, cancellationToken).ConfigureAwait(false);
        }
        catch (CmsFormatException fault)
        {
            finding = new LayerFinding(LayerType.Malformed) { Reasons = [ReasonOf(fault)] };
        }

        findings[layer.Part] = finding;
        return new OpenedLayer(finding.Type, content);
    }

    public void Dispose()
    {
        foreach (var one in held) one.Dispose();
    }

    private ValueTask<(LayerFinding Finding, ReadOnlyMemory<byte>? Content)> OpenAsync(ContentInfo info, FoundLayer layer, CancellationToken cancellationToken)
    {
        switch (info.ContentType)
        {
            case ContentTypes.SignedData:
                return ValueTask.FromResult(OpenSigned(SignedData.ReadContent(info.Content, options.Bounds), layer));
            case ContentTypes.EnvelopedData or ContentTypes.AuthEnvelopedData:
                return OpenEnvelopedAsync(EnvelopedContent.Read(info, options.Bounds), layer, cancellationToken);
            case ContentTypes.CompressedData:
                return ValueTask.FromResult(OpenCompressed(CompressedContent.Read(info)));
            case var other when UnsupportedContent.Recognises(other):
                var unsupported = UnsupportedContent.Read(info, options.Bounds);
                return Closed(new LayerFinding(other is ContentTypes.AuthenticatedData ? LayerType.Authenticated : LayerType.Unsupported)
                {
                    Reasons = [Reason.Unsupported],
                    Recipients = unsupported.Recipients,
                    ContentEncryption = other is ContentTypes.EncryptedData ? unsupported.Algorithm : null,
                });
            default:
                return Closed(new LayerFinding(LayerType.Unsupported) { Reasons = [Reason.Unsupported] });
        }
    }

    private (LayerFinding Finding, ReadOnlyMemory<byte>? Content) OpenSigned(SignedData signed, FoundLayer layer)
    {
        // RFC 8551 §3.8: where a message is signed in clear, nobody signing is no bag of certificates.
        if (signed.IsCertificatesOnly && layer.Detached is null && (signed.Content is null || signed.Certificates.Count > 0 || signed.RevocationLists.Count > 0))
            return (new LayerFinding(LayerType.CertsOnly) { Signed = signed }, null);
        // Threat C2: two contents, of which one is shown and the other signed.
        var content = layer.Detached is null ? signed.Content ?? options.DetachedContent : signed.Content is null ? layer.Detached : default(ReadOnlyMemory<byte>?);
        var digests = content is { } octets ? new ContentDigests(octets) : null;
        var reasons = ImmutableArray.CreateBuilder<Reason>();
        if (layer.Detached is not null && signed.Content is not null) reasons.Add(Reason.DigestMismatch);
        if (signed.Signers.Count is 0) reasons.Add(Reason.NoSigner);
        var finding = new LayerFinding(signed.ContentType is ContentTypes.Receipt ? LayerType.Receipt : LayerType.Signed)
        {
            Signed = signed,
            Content = digests,
            Signers = new SignerJudge(signed, digests, options).Judge(),
            Reasons = reasons.ToImmutable(),
        };
        // A receipt is no MIME entity, nor is anything but data.
        return (finding, signed.ContentType is ContentTypes.Data && layer.Detached is null ? content : default(ReadOnlyMemory<byte>?));
    }

    private async ValueTask<(LayerFinding Finding, ReadOnlyMemory<byte>? Content)> OpenEnvelopedAsync(EnvelopedContent enveloped, FoundLayer layer, CancellationToken cancellationToken)
    {
        var finding = new LayerFinding(enveloped.IsAuthenticated ? LayerType.AuthEncrypted : LayerType.Encrypted)
        {
            Recipients = enveloped.Recipients,
            ContentEncryption = enveloped.ContentEncryption,
        };
        if (!layer.IsAtRoot) return (finding with { Reasons = [Reason.EncryptedNotAtRoot] }, null);
        if (options.RequireAuthenticatedEncryption && !enveloped.IsAuthenticated) return (finding with { Reasons = [Reason.WeakAlgorithm] }, null);
        var opened = await EnvelopedOpener.OpenAsync(enveloped, options.Keys, SuiteAlgorithms.Limit(options.Opening, options.Suite), cancellationToken).ConfigureAwait(false);
        held.Add(opened);
        if (opened.Outcome is not OpeningOutcome.Opened)
        {
            return (finding with
            {
                Reasons =
                [
                    opened.Outcome switch
                    {
                        OpeningOutcome.NoKey => Reason.NoKey,
                        OpeningOutcome.Unsupported => Reason.Unsupported,
                        OpeningOutcome.WeakAlgorithm => Reason.WeakAlgorithm,
                        _ => Reason.DecryptFailed,
                    },
                ],
            }, null);
        }

        // Another content type inside is not what a mail reader shows.
        return (finding with { OpenedBy = opened.Recipient }, opened.ContentType is ContentTypes.Data ? opened.Content : default(ReadOnlyMemory<byte>?));
    }

    private (LayerFinding Finding, ReadOnlyMemory<byte>? Content) OpenCompressed(CompressedContent compressed)
    {
        var finding = new LayerFinding(LayerType.Compressed);
        if (!compressed.IsSupported) return (finding with { Reasons = [Reason.Unsupported] }, null);
        try
        {
            var content = compressed.Decompress(options.Bounds);
            held.Add(content);
            return (finding, compressed.InnerContentType is ContentTypes.Data ? content.Memory : default(ReadOnlyMemory<byte>?));
        }
        catch (CmsFormatException fault)
        {
            return (finding with { Reasons = [ReasonOf(fault)] }, null);
        }
    }

    private static ValueTask<(LayerFinding, ReadOnlyMemory<byte>?)> Closed(LayerFinding finding) => ValueTask.FromResult<(LayerFinding, ReadOnlyMemory<byte>?)>((finding, null));

    private static Reason ReasonOf(CmsFormatException fault) => fault.Fault switch
    {
        CmsFault.TooDeep => Reason.TooDeep,
        CmsFault.TooLarge => Reason.TooLarge,
        _ => Reason.Malformed,
    };
}
