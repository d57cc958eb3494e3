using MilSwitch.Domain.Messages;

namespace MilSwitch.Switching.Links;

/// <summary>
/// The messages of a link that wait for a key, so that they are tried at once when it is back, also those of which the
/// attempt is still being recorded then. Not thread-safe: one owner.
/// </summary>
internal sealed class Keyless
{
    private readonly Dictionary<MessageId, int> since = [];
    private int round;

    public bool IsEmpty => since.Count is 0;

    public void Add(MessageId id) => since[id] = round;

    public void Forget(MessageId id)
    {
        if (since.Count > 0) since.Remove(id);
    }

    /// <summary>Keys are back: whatever waits now may go.</summary>
    public void LetGo()
    {
        // Those of an earlier time never asked again: they are with another link, or gone.
        foreach (var (id, at) in since)
        {
            if (at < round) since.Remove(id);
        }

        round++;
    }

    /// <summary>It waited for a key, and keys came back since then; asked once.</summary>
    public bool MayGo(MessageId id)
    {
        if (since.Count is 0 || !since.TryGetValue(id, out var at) || at == round) return false;
        since.Remove(id);
        return true;
    }
}
