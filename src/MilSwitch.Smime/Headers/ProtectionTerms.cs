namespace MilSwitch.Smime.Headers;

/// <summary>How a message protects its header.</summary>
public enum ProtectionScheme : byte
{
    None,

    /// <summary>Fields on the Cryptographic Payload, marked <c>hp</c> (RFC 9788).</summary>
    Rfc9788,

    /// <summary>The whole message wrapped as message/rfc822 (RFC 8551 §3.1, RFC 9788 §4.10).</summary>
    Rfc8551,

    /// <summary>A signed attribute with fields (RFC 7508).</summary>
    Rfc7508,

    /// <summary>Fields on the payload, marked <c>protected-headers="v1"</c> (draft-autocrypt-lamps-protected-headers-02).</summary>
    ProtectedHeadersV1,
}

/// <summary>What protects a field (RFC 9788 §4.3).</summary>
public enum FieldProtection : byte
{
    Unprotected,

    /// <summary>Signed, and to be seen by all.</summary>
    Signed,

    /// <summary>Removed or obscured outside, under no good signature.</summary>
    Encrypted,

    SignedAndEncrypted,
}

/// <summary>What it means that a field's outer value is not what its composer put there.</summary>
public enum HeaderMismatch : byte
{
    None,

    /// <summary>A field that nothing depends on.</summary>
    Benign,

    /// <summary>What a reader would see or sort by.</summary>
    Suspicious,

    /// <summary>Originator, recipients, label, precedence or message type: such a message is not let pass.</summary>
    Blocking,
}
