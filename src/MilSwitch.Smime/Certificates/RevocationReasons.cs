namespace MilSwitch.Smime.Certificates;

/// <summary>ReasonFlags (RFC 5280 §4.2.1.13), bit for bit.</summary>
[Flags]
public enum RevocationReasons
{
    None = 0,
    Unused = 1 << 0,
    KeyCompromise = 1 << 1,
    CaCompromise = 1 << 2,
    AffiliationChanged = 1 << 3,
    Superseded = 1 << 4,
    CessationOfOperation = 1 << 5,
    CertificateHold = 1 << 6,
    PrivilegeWithdrawn = 1 << 7,
    AaCompromise = 1 << 8,

    /// <summary>All that a list must cover before a certificate counts as not revoked (RFC 5280 §6.3.2).</summary>
    All = KeyCompromise | CaCompromise | AffiliationChanged | Superseded | CessationOfOperation | CertificateHold | PrivilegeWithdrawn | AaCompromise,
}
