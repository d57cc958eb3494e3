using System.Globalization;

namespace MilSwitch.Domain.Operations;

/// <summary>A place in the stream of events of one start of a node; written as <c>run-sequence</c>.</summary>
/// <param name="Run">The store's number of this start, so that a place of an earlier start is never taken for one of this.</param>
/// <param name="Sequence">Of the last event before the place; 0: before the first.</param>
public readonly record struct EventPosition(int Run, long Sequence)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Run}-{Sequence}");

    public static bool TryParse(string? text, out EventPosition position)
    {
        position = default;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 0 || !int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var run)
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)) return false;
        position = new EventPosition(run, sequence);
        return true;
    }
}
