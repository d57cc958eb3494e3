namespace MilSwitch.Smime.Tokens;

/// <summary>How a slot is.</summary>
/// <param name="State">In a word.</param>
/// <param name="Reason">In a sentence for the watch; never a secret. Empty while it works.</param>
/// <param name="Since">When it came to be so.</param>
public sealed record TokenHealth(TokenState State, string Reason, DateTimeOffset Since);

/// <summary>How a slot is, in a word.</summary>
public enum TokenState : byte
{
    /// <summary>No session was opened yet.</summary>
    Starting,

    /// <summary>It takes work.</summary>
    Working,

    /// <summary>It failed, takes no work and is tried again at intervals.</summary>
    Sick,

    /// <summary>The token refused the PIN, or there is none to show it. It is not tried again: each try brings the token nearer to its lock.</summary>
    Refused,

    /// <summary>It was closed.</summary>
    Stopped,
}
