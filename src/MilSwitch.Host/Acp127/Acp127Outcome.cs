namespace MilSwitch.Host.Acp127;

/// <summary>What became of what came in over a line.</summary>
internal enum Acp127Outcome : byte
{
    /// <summary>It is durable, as mail under way.</summary>
    Accepted,

    /// <summary>It is durable, as a message held for an operator.</summary>
    Held,

    /// <summary>The switch can't take it now, and has taken nothing of it.</summary>
    Later,
}
