namespace MilSwitch.Smime.Certificates;

/// <summary>CertStatus (RFC 6960 §4.2.1).</summary>
public enum OcspStatus
{
    Good = 0,
    Revoked = 1,
    Unknown = 2,
}
