namespace MilSwitch.Domain.Boundaries;

/// <summary>What came of opening a message at a boundary. One case.</summary>
public abstract record OpeningOutcome
{
    private OpeningOutcome()
    {
    }

    /// <summary>What is known of it; whether that is enough is decided elsewhere.</summary>
    public sealed record Read(OpenedMessage Message) : OpeningOutcome;

    /// <summary>A key can't be used now: trying later may help.</summary>
    /// <param name="Reason">For the trail.</param>
    public sealed record Unavailable(string Reason) : OpeningOutcome;
}
