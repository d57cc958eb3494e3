using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Lookup.Service.Opening;

/// <summary>Finds the gateway's keys under the names that proxy certificates gave them. Stateless and thread-safe.</summary>
public sealed class ProxyKeyNames : IKeyNames
{
    public async ValueTask<IReadOnlyList<IDecryptionKey>> ForAsync(
        ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> issuer, IReadOnlyList<IDecryptionKey> keys, CancellationToken cancellationToken)
    {
        // A boundary may open by keys of kinds that no proxy certificate has.
        var known = keys.Where(k => ReadKey(k.Certificate) is not null).ToArray();
        return known.Length is 0 ? [] : await new ProxyKeys(Certificate.Read(issuer), known).ForAsync(message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The public key of a certificate as proxy certificates have it; null: it is of a kind that they don't.</summary>
    /// <param name="certificate">The key's own, DER.</param>
    public static GatewayKey? ReadKey(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return GatewayKey.Read(RecipientCertificate.Read(certificate).PublicKeyInfo);
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }
}
