namespace MilSwitch.Lookup.Service;

/// <summary>Why no certificate is given out for a recipient who is served as such.</summary>
public enum ProxyRefusal : byte
{
    /// <summary>The recipient or the originator does not want mail to be decrypted at the boundary.</summary>
    OptedOut = 1,

    /// <summary>The label is above the ceiling, or can't be held against it.</summary>
    AboveCeiling = 2,

    /// <summary>More are asked for than are issued in a minute; later.</summary>
    TooMany = 3,

    /// <summary>The authority's key can't be used now; later.</summary>
    KeyAway = 4,

    /// <summary>What can't be recorded is not issued; later.</summary>
    LogAway = 5,

    /// <summary>The authority's certificate is not valid now, or does not allow this name.</summary>
    AuthorityInvalid = 6,
}
