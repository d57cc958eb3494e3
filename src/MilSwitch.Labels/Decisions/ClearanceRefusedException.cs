using System.Collections.Immutable;

namespace MilSwitch.Labels.Decisions;

/// <summary>A written clearance means nothing, or not one thing. Says everything that is wrong at once.</summary>
public sealed class ClearanceRefusedException(ImmutableArray<string> problems, Exception? cause = null) : Exception(string.Join("; ", problems), cause)
{
    /// <summary>Sentences without a full stop; at least one.</summary>
    public ImmutableArray<string> Problems { get; } = problems;
}
