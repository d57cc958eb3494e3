namespace MilSwitch.Domain.Checking;

/// <summary>
/// Looks at a message that is to cross a boundary and says what it found. Thread-safe. Never throws for what is in a message or for a
/// service that is away: the verdict says so. Whoever adds a check of their own implements this.
/// </summary>
public interface IContentCheck
{
    /// <summary>As the configuration and the trail name it.</summary>
    string Name { get; }

    /// <summary>Judges one message.</summary>
    /// <param name="subject">The message as it would leave, opened, and what is known of it.</param>
    /// <param name="cancellationToken">The check took longer than its lane allows; the message is held.</param>
    /// <exception cref="OperationCanceledException">The token said so; counts as undecided.</exception>
    ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken);
}
