using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Compressed;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>Opens the layers at the root of one message and keeps what they are, with the buffers that it borrowed for them. Not thread-safe.</summary>
internal sealed class LayerCollector(IReadOnlyList<IDecryptionKey> keys, OpeningOptions options) : ILayerOpener, IDisposable
{
    private static readonly OpenedLayer Malformed = new(LayerType.Malformed, null);
    private readonly Dictionary<string, CollectedLayer> layers = new(StringComparer.Ordinal);
    private readonly List<IDisposable> buffers = [];

    public CollectedLayer? this[Layer layer] => layers.GetValueOrDefault(layer.Part);

    public async ValueTask<OpenedLayer> OpenAsync(FoundLayer layer, CancellationToken cancellationToken = default)
    {
        // Only what covers the whole message concerns anybody here.
        if (!layer.IsAtRoot) return Malformed;
        try
        {
            var info = ContentInfo.Read(layer.Cms, CmsBounds.Default);
            switch (info.ContentType)
            {
                case ContentTypes.SignedData:
                    return Signed(layer, SignedData.ReadContent(info.Content, CmsBounds.Default));
                case ContentTypes.EnvelopedData or ContentTypes.AuthEnvelopedData when layer.Detached is null:
                    var enveloped = EnvelopedContent.Read(info, CmsBounds.Default);
                    var opened = await EnvelopedOpener.OpenAsync(enveloped, keys, options, cancellationToken).ConfigureAwait(false);
                    buffers.Add(opened);
                    layers[layer.Part] = new CollectedLayer { Enveloped = enveloped, Opened = opened };
                    var type = enveloped.IsAuthenticated ? LayerType.AuthEncrypted : LayerType.Encrypted;
                    return new OpenedLayer(type, opened.Outcome is OpeningOutcome.Opened && opened.ContentType is ContentTypes.Data ? opened.Content : default(ReadOnlyMemory<byte>?));
                case ContentTypes.CompressedData when layer.Detached is null:
                    var compressed = CompressedContent.Read(info);
                    if (!compressed.IsSupported) return new OpenedLayer(LayerType.Compressed, null);
                    var content = compressed.Decompress(CmsBounds.Default);
                    buffers.Add(content);
                    return new OpenedLayer(LayerType.Compressed, compressed.InnerContentType is ContentTypes.Data ? content.Memory : default(ReadOnlyMemory<byte>?));
                default:
                    return layer.Detached is null && UnsupportedContent.Recognises(info.ContentType) ? new OpenedLayer(LayerType.Unsupported, null) : Malformed;
            }
        }
        catch (CmsFormatException)
        {
            return Malformed;
        }
    }

    public void Dispose()
    {
        foreach (var buffer in buffers) buffer.Dispose();
    }

    private OpenedLayer Signed(FoundLayer layer, SignedData signed)
    {
        // Content of its own would be another than what is shown (threat C2).
        if (layer.Detached is not null && signed.Content is not null) return Malformed;
        var content = layer.Detached ?? signed.Content;
        layers[layer.Part] = new CollectedLayer { Signed = signed, Content = content, Cms = layer.Cms };
        if (signed.ContentType is ContentTypes.Receipt) return new OpenedLayer(layer.Detached is null ? LayerType.Receipt : LayerType.Malformed, null);
        if (signed.IsCertificatesOnly && layer.Detached is null) return new OpenedLayer(LayerType.CertsOnly, null);
        return new OpenedLayer(LayerType.Signed, signed.ContentType is ContentTypes.Data ? content : null);
    }
}
