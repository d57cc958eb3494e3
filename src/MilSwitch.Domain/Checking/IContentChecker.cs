using System.Collections.Immutable;

namespace MilSwitch.Domain.Checking;

/// <summary>Runs the checks of one boundary. Thread-safe. Never throws; a check that fails or takes too long is undecided.</summary>
public interface IContentChecker
{
    /// <summary>All verdicts, in the order of the checks.</summary>
    ValueTask<ImmutableArray<CheckVerdict>> RunAsync(CheckSubject subject, CancellationToken cancellationToken);
}
