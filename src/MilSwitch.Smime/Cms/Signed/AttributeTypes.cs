namespace MilSwitch.Smime.Cms.Signed;

/// <summary>Object identifiers of the attributes of a signer.</summary>
public static class AttributeTypes
{
    public const string ContentType = "1.2.840.113549.1.9.3";
    public const string MessageDigest = "1.2.840.113549.1.9.4";
    public const string SigningTime = "1.2.840.113549.1.9.5";
    public const string CounterSignature = "1.2.840.113549.1.9.6";

    /// <summary>RFC 8551 §2.5.2.</summary>
    public const string SmimeCapabilities = "1.2.840.113549.1.9.15";

    /// <summary>RFC 6211 §2.</summary>
    public const string AlgorithmProtection = "1.2.840.113549.1.9.52";

    /// <summary>RFC 2634 §2.7.</summary>
    public const string ReceiptRequest = "1.2.840.113549.1.9.16.2.1";

    /// <summary>RFC 2634 §3.2.</summary>
    public const string SecurityLabel = "1.2.840.113549.1.9.16.2.2";

    /// <summary>RFC 2634 §4.4.</summary>
    public const string MlExpansionHistory = "1.2.840.113549.1.9.16.2.3";

    /// <summary>RFC 2634 §2.9.</summary>
    public const string ContentHints = "1.2.840.113549.1.9.16.2.4";

    /// <summary>RFC 2634 §2.10.</summary>
    public const string MsgSigDigest = "1.2.840.113549.1.9.16.2.5";

    /// <summary>RFC 2634 §2.7.</summary>
    public const string ContentIdentifier = "1.2.840.113549.1.9.16.2.7";

    /// <summary>RFC 2634 §3.4.</summary>
    public const string EquivalentLabels = "1.2.840.113549.1.9.16.2.9";

    /// <summary>RFC 2634 §2.11.</summary>
    public const string ContentReference = "1.2.840.113549.1.9.16.2.10";

    /// <summary>RFC 8551 §2.5.3.</summary>
    public const string EncryptionKeyPreference = "1.2.840.113549.1.9.16.2.11";

    /// <summary>RFC 2634 §5.4.</summary>
    public const string SigningCertificate = "1.2.840.113549.1.9.16.2.12";

    /// <summary>RFC 3183 §3.1.2.</summary>
    public const string SignatureType = "1.2.840.113549.1.9.16.2.28";

    /// <summary>RFC 5035 §3.</summary>
    public const string SigningCertificateV2 = "1.2.840.113549.1.9.16.2.47";

    /// <summary>RFC 5752 §3.</summary>
    public const string MultipleSignatures = "1.2.840.113549.1.9.16.2.51";

    /// <summary>RFC 7508 §4.1.</summary>
    public const string SecureHeaderFields = "1.2.840.113549.1.9.16.2.55";
}
