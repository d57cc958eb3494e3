namespace MilSwitch.Smime.Certificates;

/// <summary>What the last certificate of a path is to be used for.</summary>
public enum PathPurpose
{
    /// <summary>Nothing in particular: the path only.</summary>
    Any,

    /// <summary>Verifying signatures on mail: digitalSignature or nonRepudiation (RFC 8550 §4.4.2), emailProtection (§4.4.4).</summary>
    Sign,

    /// <summary>Receiving encrypted mail: keyEncipherment or keyAgreement, by the kind of key; emailProtection.</summary>
    Encrypt,

    /// <summary>Issuing certificates.</summary>
    Authority,

    /// <summary>Signing revocation lists (RFC 5280 §6.3.3 f).</summary>
    RevocationLists,
}
