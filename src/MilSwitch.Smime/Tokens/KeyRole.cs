namespace MilSwitch.Smime.Tokens;

/// <summary>What a key is for. One key has one role: a key that decrypts never signs.</summary>
public enum KeyRole : byte
{
    DomainSigning,
    DomainConfidentiality,
    Review,
    AttributeAuthority,
    ReportSigning,
    Audit,

    /// <summary>Opens the keys that the store is sealed with.</summary>
    Store,

    /// <summary>Issues proxy certificates and signs nothing else.</summary>
    ProxyAuthority,
}
