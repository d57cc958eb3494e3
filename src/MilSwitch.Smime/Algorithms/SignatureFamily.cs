namespace MilSwitch.Smime.Algorithms;

/// <summary>Kinds of signatures.</summary>
public enum SignatureFamily : byte
{
    /// <summary>RSASSA-PKCS1-v1_5 (RFC 3370 §3.2, RFC 5754 §3.2).</summary>
    RsaPkcs1,

    /// <summary>RSASSA-PSS (RFC 4056).</summary>
    RsaPss,

    /// <summary>On the curves P-256, P-384 and P-521 (RFC 5753 §2, RFC 5754 §3.3).</summary>
    Ecdsa,

    /// <summary>RFC 8419.</summary>
    Ed25519,

    /// <summary>RFC 9882. The size of its key is the number in its name.</summary>
    MlDsa,

    /// <summary>RFC 3370 §3.1. For reading old mail.</summary>
    Dsa,
}
