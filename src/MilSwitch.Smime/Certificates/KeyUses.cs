namespace MilSwitch.Smime.Certificates;

/// <summary>KeyUsage (RFC 5280 §4.2.1.3), bit for bit.</summary>
[Flags]
public enum KeyUses
{
    None = 0,
    DigitalSignature = 1 << 0,
    NonRepudiation = 1 << 1,
    KeyEncipherment = 1 << 2,
    DataEncipherment = 1 << 3,
    KeyAgreement = 1 << 4,
    KeyCertSign = 1 << 5,
    CrlSign = 1 << 6,
    EncipherOnly = 1 << 7,
    DecipherOnly = 1 << 8,
}
