using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Keys;

/// <summary>The public key of a private one, by which its certificate is found.</summary>
internal static class PublicHalf
{
    /// <summary>Octets of <c>subjectPublicKey</c>; empty when the octets are no key of a known kind.</summary>
    public static byte[] Of(byte[] pkcs8)
    {
        try
        {
            return PrivateKeyFactory.CreateKey(pkcs8) switch
            {
                RsaPrivateCrtKeyParameters rsa => new RsaPublicKeyStructure(rsa.Modulus, rsa.PublicExponent).GetDerEncoded(),
                ECPrivateKeyParameters ec => ec.Parameters.G.Multiply(ec.D).Normalize().GetEncoded(compressed: false),
                Ed25519PrivateKeyParameters key => key.GeneratePublicKey().GetEncoded(),
                X25519PrivateKeyParameters key => key.GeneratePublicKey().GetEncoded(),
                MLDsaPrivateKeyParameters key => key.GetPublicKeyEncoded(),
                MLKemPrivateKeyParameters key => key.GetPublicKeyEncoded(),
                _ => [],
            };
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // BouncyCastle has no one kind of exception for octets that are not what they should be.
            return [];
        }
    }
}
