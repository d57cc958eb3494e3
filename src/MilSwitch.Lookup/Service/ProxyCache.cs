using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service;

/// <summary>The certificates that are handed out again. Bounded: two generations, of which the older one goes whole. Thread-safe.</summary>
internal sealed class ProxyCache(int capacity)
{
    private readonly Lock gate = new();
    private Dictionary<Mailbox, ProxyAnswer.Issued> young = [];
    private Dictionary<Mailbox, ProxyAnswer.Issued> old = [];

    public int Count
    {
        get
        {
            lock (gate) return young.Count + old.Count;
        }
    }

    /// <summary>Null: none that may still be handed out.</summary>
    public ProxyAnswer.Issued? Find(Mailbox recipient, DateTimeOffset now)
    {
        lock (gate)
        {
            if (!young.TryGetValue(recipient, out var found) && old.Remove(recipient, out found)) Put(recipient, found);
            return found is not null && now < found.RenewAt ? found : null;
        }
    }

    public void Add(Mailbox recipient, ProxyAnswer.Issued issued)
    {
        lock (gate)
        {
            old.Remove(recipient);
            Put(recipient, issued);
        }
    }

    private void Put(Mailbox recipient, ProxyAnswer.Issued issued)
    {
        if (!young.ContainsKey(recipient) && young.Count >= (capacity + 1) / 2) (old, young) = (young, []);
        young[recipient] = issued;
    }
}
