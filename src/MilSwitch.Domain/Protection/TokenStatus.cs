namespace MilSwitch.Domain.Protection;

/// <summary>How one token is.</summary>
/// <param name="Name">As in the configuration.</param>
/// <param name="State">In a word.</param>
/// <param name="Reason">In a sentence for the watch, never a secret; empty while all is well.</param>
/// <param name="Since">When it came to be so.</param>
public sealed record TokenStatus(string Name, TokenCondition State, string Reason, DateTimeOffset Since)
{
    /// <summary>Its sessions and their work; null: it stands for the tokens of other nodes.</summary>
    public TokenLoad? Load { get; init; }
}

public enum TokenCondition : byte
{
    /// <summary>No session was opened yet.</summary>
    Starting,

    Working,

    /// <summary>It failed and is tried again at intervals.</summary>
    Lost,

    /// <summary>It refused the PIN and is not tried again.</summary>
    Refused,
}
