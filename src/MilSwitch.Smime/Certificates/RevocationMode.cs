namespace MilSwitch.Smime.Certificates;

/// <summary>What it means that nobody says whether a certificate is revoked.</summary>
public enum RevocationMode
{
    /// <summary>Nothing; who is known to be revoked is refused.</summary>
    IfKnown,

    /// <summary>It is refused.</summary>
    Require,

    /// <summary>Revocation is not looked at.</summary>
    Off,
}
