using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace MilSwitch.Smime.Keys;

/// <summary>The public key of a private one.</summary>
internal static class PublicHalf
{
    /// <summary>Of a <c>PrivateKeyInfo</c>; null when the octets are no key of a known kind.</summary>
    public static SubjectPublicKeyInfo? Of(byte[] pkcs8)
    {
        try
        {
            AsymmetricKeyParameter? key = PrivateKeyFactory.CreateKey(pkcs8) switch
            {
                RsaPrivateCrtKeyParameters rsa => new RsaKeyParameters(isPrivate: false, rsa.Modulus, rsa.PublicExponent),
                ECPrivateKeyParameters { PublicKeyParamSet: { } curve } ec => new ECPublicKeyParameters("EC", ec.Parameters.G.Multiply(ec.D).Normalize(), curve),
                Ed25519PrivateKeyParameters ed => ed.GeneratePublicKey(),
                X25519PrivateKeyParameters x => x.GeneratePublicKey(),
                MLDsaPrivateKeyParameters dsa => dsa.GetPublicKey(),
                MLKemPrivateKeyParameters kem => kem.GetPublicKey(),
                _ => null,
            };
            return key is null ? null : SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(key);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // BouncyCastle has no one kind of exception for octets that are not what they should be.
            return null;
        }
    }
}
