namespace MilSwitch.Lookup.Finding;

/// <summary>Kinds of reasons why a certificate is not used.</summary>
public enum Rejection
{
    /// <summary>It is none, or one too large or one too many.</summary>
    Unreadable,

    /// <summary>It names neither the recipient nor an authority that decrypts for its domain.</summary>
    OtherName,

    /// <summary>Its path, its dates, its uses or its key.</summary>
    Path,

    /// <summary>It is revoked, or whether it is is not known and has to be.</summary>
    Revocation,

    /// <summary>The recipient's domain published which certificates are right, and this is none of them (RFC 8162).</summary>
    Association,

    /// <summary>It came with mail, its issuer is not trusted here, and nobody has allowed it.</summary>
    Quarantined,
}
