namespace MilSwitch.Smime.Certificates;

/// <summary>How a signer and the sender of a message go together.</summary>
public enum IdentityMatch
{
    /// <summary>The signer's certificate is for the address in From.</summary>
    Ok,

    /// <summary>It is for other addresses.</summary>
    Mismatch,

    /// <summary>There is not exactly one address in From, or its form leaves open who it is.</summary>
    Ambiguous,

    /// <summary>The certificate is for no address at all.</summary>
    None,
}
