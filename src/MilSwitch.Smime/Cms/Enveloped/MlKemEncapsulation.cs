using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>ML-KEM towards a recipient: of System.Security.Cryptography where it has it, else of BouncyCastle.</summary>
internal static class MlKemEncapsulation
{
    /// <exception cref="CryptographicException">The public key is not one.</exception>
    public static (byte[] Ciphertext, byte[] Secret) Encapsulate(RecipientCertificate recipient)
    {
        if (MLKem.IsSupported)
        {
            using var key = MLKem.ImportEncapsulationKey(Named(recipient.Algorithm.Algorithm), recipient.PublicKey.Span);
            key.Encapsulate(out var sealedSecret, out var shared);
            return (sealedSecret, shared);
        }

        var parameters = RecipientCertificate.MlKem(recipient.Algorithm.Algorithm)!;
        var encapsulator = new MLKemEncapsulator(parameters);
        try
        {
            encapsulator.Init(MLKemPublicKeyParameters.FromEncoding(parameters, recipient.PublicKey.ToArray()));
        }
        catch (ArgumentException fault)
        {
            throw new CryptographicException("not an ML-KEM public key", fault);
        }

        var ciphertext = new byte[encapsulator.EncapsulationLength];
        var secret = new byte[encapsulator.SecretLength];
        encapsulator.Encapsulate(ciphertext, secret);
        return (ciphertext, secret);
    }

    internal static MLKemAlgorithm Named(string algorithm) => algorithm switch
    {
        EnvelopedOids.MlKem512 => MLKemAlgorithm.MLKem512,
        EnvelopedOids.MlKem768 => MLKemAlgorithm.MLKem768,
        _ => MLKemAlgorithm.MLKem1024,
    };
}
