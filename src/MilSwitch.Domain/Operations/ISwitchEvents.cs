namespace MilSwitch.Domain.Operations;

/// <summary>
/// What happens in this node, for those who watch. Thread-safe. Nothing is kept while nobody watches; whoever publishes never
/// waits: who can't follow loses the oldest and is told so.
/// </summary>
public interface ISwitchEvents
{
    /// <summary>Somebody watches, or did a short while ago: only then is it worth while to make an event.</summary>
    bool IsHeard { get; }

    void Publish(SwitchEvent happened);

    /// <summary>Watches from now on, or from behind the given place; null when too many watch already.</summary>
    IEventSubscription? Subscribe(EventPosition? after);
}
