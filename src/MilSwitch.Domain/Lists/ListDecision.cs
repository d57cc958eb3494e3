namespace MilSwitch.Domain.Lists;

/// <summary>What a list does with a message. One case.</summary>
public abstract record ListDecision
{
    private ListDecision()
    {
    }

    /// <summary>The members get it.</summary>
    public sealed record Distribute : ListDecision
    {
        public static Distribute It { get; } = new();
    }

    /// <summary>A person has to look at it.</summary>
    /// <param name="Reason">For that person.</param>
    public sealed record Hold(string Reason) : ListDecision;

    /// <summary>Its originator may not write to the list and hears so.</summary>
    /// <param name="Reason">For the trail; the originator is told no more than that it may not.</param>
    public sealed record Refuse(string Reason) : ListDecision;
}
