namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Object identifiers of encryption for recipients, with the documents that assign them.</summary>
public static class EnvelopedOids
{
    // RFC 8017, RFC 3370 §4.2.1 and RFC 8551.
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string RsaesOaep = "1.2.840.113549.1.1.7";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string PSpecified = "1.2.840.113549.1.1.9";

    public const string Sha1 = "1.3.14.3.2.26";
    public const string Sha224 = "2.16.840.1.101.3.4.2.4";
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string Sha512 = "2.16.840.1.101.3.4.2.3";

    // RFC 5480 and RFC 8410.
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string P256 = "1.2.840.10045.3.1.7";
    public const string P384 = "1.3.132.0.34";
    public const string P521 = "1.3.132.0.35";
    public const string X25519 = "1.3.101.110";

    // RFC 5753 §7.1.4: standard and cofactor Diffie-Hellman, which is the same on curves of cofactor one.
    public const string EcdhSha1 = "1.3.133.16.840.63.0.2";
    public const string EcdhSha224 = "1.3.132.1.11.0";
    public const string EcdhSha256 = "1.3.132.1.11.1";
    public const string EcdhSha384 = "1.3.132.1.11.2";
    public const string EcdhSha512 = "1.3.132.1.11.3";
    public const string CofactorEcdhSha1 = "1.3.133.16.840.63.0.3";
    public const string CofactorEcdhSha224 = "1.3.132.1.14.0";
    public const string CofactorEcdhSha256 = "1.3.132.1.14.1";
    public const string CofactorEcdhSha384 = "1.3.132.1.14.2";
    public const string CofactorEcdhSha512 = "1.3.132.1.14.3";

    // RFC 8418 §7.
    public const string EcdhHkdfSha256 = "1.2.840.113549.1.9.16.3.19";
    public const string EcdhHkdfSha384 = "1.2.840.113549.1.9.16.3.20";
    public const string EcdhHkdfSha512 = "1.2.840.113549.1.9.16.3.21";

    // RFC 3565 §2.3.
    public const string Aes128Wrap = "2.16.840.1.101.3.4.1.5";
    public const string Aes192Wrap = "2.16.840.1.101.3.4.1.25";
    public const string Aes256Wrap = "2.16.840.1.101.3.4.1.45";

    // RFC 3565 §2.1, RFC 5084 §3.2, RFC 3370 §5.
    public const string Aes128Cbc = "2.16.840.1.101.3.4.1.2";
    public const string Aes192Cbc = "2.16.840.1.101.3.4.1.22";
    public const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";
    public const string Aes128Gcm = "2.16.840.1.101.3.4.1.6";
    public const string Aes192Gcm = "2.16.840.1.101.3.4.1.26";
    public const string Aes256Gcm = "2.16.840.1.101.3.4.1.46";
    public const string TripleDesCbc = "1.2.840.113549.3.7";
    public const string Rc2Cbc = "1.2.840.113549.3.2";

    // RFC 3370 §4.4 and RFC 3211 §2.3.
    public const string Pbkdf2 = "1.2.840.113549.1.5.12";
    public const string PwriKek = "1.2.840.113549.1.9.16.3.9";
    public const string HmacSha1 = "1.2.840.113549.2.7";
    public const string HmacSha256 = "1.2.840.113549.2.9";
    public const string HmacSha384 = "1.2.840.113549.2.10";
    public const string HmacSha512 = "1.2.840.113549.2.11";

    // RFC 9629 §3, RFC 9936, RFC 8619.
    public const string KemRecipient = "1.2.840.113549.1.9.16.13.3";
    public const string MlKem512 = "2.16.840.1.101.3.4.4.1";
    public const string MlKem768 = "2.16.840.1.101.3.4.4.2";
    public const string MlKem1024 = "2.16.840.1.101.3.4.4.3";
    public const string HkdfSha256 = "1.2.840.113549.1.9.16.3.28";
    public const string HkdfSha384 = "1.2.840.113549.1.9.16.3.29";
    public const string HkdfSha512 = "1.2.840.113549.1.9.16.3.30";

    /// <summary>RFC 5652 §11.1.</summary>
    public const string ContentTypeAttribute = "1.2.840.113549.1.9.3";

    /// <summary>RFC 3274 §2.</summary>
    public const string ZlibCompress = "1.2.840.113549.1.9.16.3.8";
}
