namespace MilSwitch.Checks.Words;

/// <summary>From which score on a message is kept back. Immutable.</summary>
public sealed record WordThresholds
{
    /// <param name="hold">From here on Suspicious, 1 to 1,000,000.</param>
    /// <param name="block">From here on Blocked; not below <paramref name="hold"/>, 1,000,000 at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of these is not so.</exception>
    public WordThresholds(int hold, int block)
    {
        Hold = Bounds.Within(hold, 1, 1_000_000, nameof(hold));
        Block = Bounds.Within(block, hold, 1_000_000, nameof(block));
    }

    public int Hold { get; }

    public int Block { get; }
}
