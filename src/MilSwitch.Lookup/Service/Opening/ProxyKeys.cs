using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Lookup.Service.Opening;

/// <summary>
/// The gateway's keys under the names of proxy certificates. All of them have the same few keys, so nothing needs to be kept of
/// what was issued: whatever serial number of the authority a recipient names, the gateway's key of that kind opens it, also
/// when its certificate has ended since. Immutable and thread-safe.
/// </summary>
public sealed class ProxyKeys
{
    private readonly Certificate authority;
    private readonly (GatewayKey Public, IDecryptionKey Private)[] keys;

    /// <param name="authority">Certificate of the <see cref="ProxyAuthority"/>.</param>
    /// <param name="keys">Private halves of its <see cref="ProxyAuthoritySettings.GatewayKeys"/>, past ones included.</param>
    /// <exception cref="CmsFormatException">A key is of no kind that proxy certificates have.</exception>
    public ProxyKeys(Certificate authority, IReadOnlyList<IDecryptionKey> keys)
    {
        this.authority = authority;
        this.keys = [.. keys.Select(key => (GatewayKey.Read(RecipientCertificate.Read(key.Certificate).PublicKeyInfo), key))];
    }

    /// <summary>Keys for the recipients of an object that are named by proxy certificates; none where there are none.</summary>
    public IReadOnlyList<IDecryptionKey> For(EnvelopedContent content)
    {
        var found = new List<IDecryptionKey>();
        var seen = new HashSet<RecipientIdentifier>();
        foreach (var recipient in content.Recipients)
        {
            var (identifier, agrees) = recipient switch
            {
                KeyTransportRecipient transport => (transport.Recipient, false),
                KeyAgreementRecipient agreement => (agreement.Recipient, true),
                _ => (null, false),
            };
            if (identifier is null || !seen.Add(identifier)) continue;
            foreach (var (half, key) in keys)
            {
                if (half.Agrees == agrees && IsOurs(identifier, half)) found.Add(new ProxyKey(key, ProxyStandIn.Write(authority, half, identifier)));
            }
        }

        return found;
    }

    /// <summary>The same for whatever encrypts a message as a whole, under an outer signature where there is one.</summary>
    /// <param name="message">All of it, header and body.</param>
    public async Task<IReadOnlyList<IDecryptionKey>> ForAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default)
    {
        var collector = new Collector(this);
        await LayerWalk.WalkAsync(message, collector, new MimeBudget(), cancellationToken).ConfigureAwait(false);
        return collector.Found;
    }

    private bool IsOurs(RecipientIdentifier identifier, GatewayKey half) => identifier.IsKeyIdentifier
        ? identifier.KeyIdentifier.Span.SequenceEqual(half.Identifier.Span)
        : identifier.Issuer.Span.SequenceEqual(authority.Subject.Encoded.Span);

    // Reads what is encrypted and opens nothing; signatures are gone through without being judged.
    private sealed class Collector(ProxyKeys owner) : ILayerOpener
    {
        private static readonly OpenedLayer Closed = new(LayerType.Malformed, null);

        public IReadOnlyList<IDecryptionKey> Found { get; private set; } = [];

        public ValueTask<OpenedLayer> OpenAsync(FoundLayer layer, CancellationToken cancellationToken = default)
        {
            if (!layer.IsAtRoot) return new(Closed);
            try
            {
                var info = ContentInfo.Read(layer.Cms, CmsBounds.Default);
                switch (info.ContentType)
                {
                    case ContentTypes.SignedData:
                        var signed = Smime.Cms.Signed.SignedData.ReadContent(info.Content, CmsBounds.Default);
                        return new(new OpenedLayer(LayerType.Signed, layer.Detached ?? signed.Content));
                    case ContentTypes.EnvelopedData or ContentTypes.AuthEnvelopedData:
                        var enveloped = EnvelopedContent.Read(info, CmsBounds.Default);
                        Found = owner.For(enveloped);
                        return new(new OpenedLayer(enveloped.IsAuthenticated ? LayerType.AuthEncrypted : LayerType.Encrypted, null));
                    default:
                        return new(Closed);
                }
            }
            catch (CmsFormatException)
            {
                return new(Closed);
            }
        }
    }
}
