namespace MilSwitch.Domain.Operations;

/// <summary>One who watches. Not thread-safe: one reader.</summary>
public interface IEventSubscription : IDisposable
{
    /// <summary>Behind the last event that was read.</summary>
    EventPosition Position { get; }

    /// <summary>Adds up to so many events to the list. True: events before them are lost, and what is known should be read anew.</summary>
    bool Read(List<SwitchEvent> into, int most);

    /// <summary>Ends when there may be something to read.</summary>
    Task WhenReadable();
}
