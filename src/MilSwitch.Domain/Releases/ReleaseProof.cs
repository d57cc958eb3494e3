namespace MilSwitch.Domain.Releases;

/// <summary>By what is shown that somebody in MMHS-Authorizing-Users did release a message that comes in.</summary>
public enum ReleaseProof : byte
{
    /// <summary>A good signature of that address (RFC 7912 §3.2).</summary>
    Signature = 0,

    /// <summary>A good signature, or the account by which the message came in.</summary>
    Account = 1,
}
