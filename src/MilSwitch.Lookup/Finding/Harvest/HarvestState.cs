namespace MilSwitch.Lookup.Finding.Harvest;

/// <summary>What has become of a certificate that was taken from mail.</summary>
public enum HarvestState
{
    /// <summary>It is used when the security domain trusts its issuer; else it waits for a person.</summary>
    Waiting,

    /// <summary>A person allowed it, whoever issued it.</summary>
    Approved,

    /// <summary>A person forbade it; it is not taken again.</summary>
    Refused,
}
