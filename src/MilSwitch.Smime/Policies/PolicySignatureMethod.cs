using System.Security.Cryptography;
using System.Security.Cryptography.Xml;

namespace MilSwitch.Smime.Policies;

/// <summary>The algorithms of XML signatures that are accepted (RFC 9231): RSA and ECDSA with SHA-2, two canonicalizations without comments. Immutable.</summary>
/// <param name="IsRsa">RSASSA-PKCS1-v1_5; else ECDSA.</param>
/// <param name="Digest">Of what is signed.</param>
internal sealed record PolicySignatureMethod(bool IsRsa, HashAlgorithmName Digest)
{
    private const string More = "http://www.w3.org/2001/04/xmldsig-more#";
    private const string Encryption = "http://www.w3.org/2001/04/xmlenc#";

    /// <returns>Null: not accepted.</returns>
    public static PolicySignatureMethod? Find(string algorithm) => algorithm switch
    {
        More + "rsa-sha256" => new(true, HashAlgorithmName.SHA256),
        More + "rsa-sha384" => new(true, HashAlgorithmName.SHA384),
        More + "rsa-sha512" => new(true, HashAlgorithmName.SHA512),
        More + "ecdsa-sha256" => new(false, HashAlgorithmName.SHA256),
        More + "ecdsa-sha384" => new(false, HashAlgorithmName.SHA384),
        More + "ecdsa-sha512" => new(false, HashAlgorithmName.SHA512),
        _ => null,
    };

    /// <returns>Null: not accepted.</returns>
    public static HashAlgorithmName? DigestOf(string algorithm) => algorithm switch
    {
        Encryption + "sha256" => HashAlgorithmName.SHA256,
        More + "sha384" => HashAlgorithmName.SHA384,
        Encryption + "sha512" => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <returns>Null: not accepted.</returns>
    public static Func<Transform>? Canonicalization(string algorithm) => algorithm switch
    {
        SignedXml.XmlDsigC14NTransformUrl => () => new XmlDsigC14NTransform(),
        SignedXml.XmlDsigExcC14NTransformUrl => () => new XmlDsigExcC14NTransform(),
        _ => null,
    };
}
