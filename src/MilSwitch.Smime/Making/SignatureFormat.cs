namespace MilSwitch.Smime.Making;

/// <summary>How signed content is carried.</summary>
public enum SignatureFormat : byte
{
    /// <summary>multipart/signed (RFC 8551 §3.5.3): to be read by anybody.</summary>
    Clear,

    /// <summary>application/pkcs7-mime (RFC 8551 §3.5.2): out of the reach of what changes text on the way.</summary>
    Opaque,
}
