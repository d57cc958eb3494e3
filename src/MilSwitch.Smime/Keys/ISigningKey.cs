using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Keys;

/// <summary>A key that signs.</summary>
public interface ISigningKey : IPrivateKey
{
    /// <summary>The algorithm of its signatures, with parameters, as it stands in <c>SignerInfo.signatureAlgorithm</c>.</summary>
    AlgorithmIdentifier SignatureAlgorithm { get; }

    /// <summary>The digest that goes with it, as it stands in <c>SignerInfo.digestAlgorithm</c>.</summary>
    AlgorithmIdentifier DigestAlgorithm { get; }

    /// <summary>Signs octets; where the algorithm signs a digest, it is taken here.</summary>
    /// <param name="octets">What to sign, a few hundred octets: DER of signed attributes.</param>
    /// <param name="cancellationToken">Gives up waiting for the key.</param>
    /// <returns>The signature as it stands in <c>SignerInfo.signature</c>.</returns>
    /// <exception cref="KeyUnavailableException">The key can't be used now.</exception>
    ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default);
}
