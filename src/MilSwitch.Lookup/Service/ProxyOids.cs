namespace MilSwitch.Lookup.Service;

/// <summary>Object identifiers that proxy certificates are made of.</summary>
internal static class ProxyOids
{
    public const string CommonName = "2.5.4.3";
    public const string Organization = "2.5.4.10";
    public const string Clearance = "2.5.4.55";
    public const string SubjectDirectoryAttributes = "2.5.29.9";
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string SubjectAlternativeName = "2.5.29.17";
    public const string NameConstraints = "2.5.29.30";
    public const string CertificatePolicies = "2.5.29.32";
    public const string AnyPolicy = "2.5.29.32.0";
    public const string AuthorityKeyIdentifier = "2.5.29.35";
    public const string ExtendedKeyUsage = "2.5.29.37";

    /// <summary>id-ce-noRevAvail (RFC 9608 §2).</summary>
    public const string NoRevocationAvailable = "2.5.29.56";

    public const string EmailProtection = "1.3.6.1.5.5.7.3.4";

    /// <summary>id-on-SmtpUTF8Mailbox (RFC 9598 §3).</summary>
    public const string SmtpUtf8Mailbox = "1.3.6.1.5.5.7.8.9";

    /// <summary>smimeCapabilities (RFC 4262 §2).</summary>
    public const string SmimeCapabilities = "1.2.840.113549.1.9.15";

    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string X25519 = "1.3.101.110";
}
