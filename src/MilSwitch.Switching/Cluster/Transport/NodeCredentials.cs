using System.Globalization;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// The node's identity of the moment, replaced whole at a reload: new connections use the new one at once, those made under
/// an older one are made anew, one after the other. Thread-safe.
/// </summary>
public sealed class NodeCredentials
{
    /// <summary>So long before the certificate expires there is an alarm.</summary>
    public static readonly TimeSpan Warning = TimeSpan.FromDays(14);

    // A name comes from a certificate of our authority; still, nothing grows without end.
    private const int MostPeers = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, DateTimeOffset> peersInGrace = new(StringComparer.Ordinal);
    private Issue current;

    /// <param name="identity">The first identity.</param>
    public NodeCredentials(NodeCertificate identity) => current = new Issue(identity, 1);

    /// <summary>What is shown and believed now.</summary>
    public NodeCertificate Identity => Current.Identity;

    /// <summary>Raised after another identity was taken, on the thread that did it.</summary>
    internal event Action? Replaced;

    internal Issue Current => Volatile.Read(ref current);

    /// <summary>Takes another identity. False: it is the one that is in use already, nothing happens.</summary>
    public bool Replace(NodeCertificate next)
    {
        ArgumentNullException.ThrowIfNull(next);
        lock (gate)
        {
            if (current.Identity.IsSameAs(next)) return false;
            Volatile.Write(ref current, new Issue(next, current.Generation + 1));
        }

        Replaced?.Invoke();
        return true;
    }

    /// <summary>Alarms that stand: the own certificate ends soon, or a peer's has ended and is accepted for the time of grace.</summary>
    internal IEnumerable<(string Id, string Text)> Alarms(DateTimeOffset now)
    {
        var end = Identity.NotAfter;
        if (end - now < Warning)
            yield return ("node-certificate", string.Create(CultureInfo.InvariantCulture, $"certificate of this node {(end <= now ? "has ended" : "ends")}: {end:yyyy-MM-dd HH:mm}Z"));
        (string Peer, DateTimeOffset Until)[] peers;
        lock (gate)
        {
            foreach (var over in peersInGrace.Where(p => p.Value < now).ToArray()) peersInGrace.Remove(over.Key);
            peers = [.. peersInGrace.Select(p => (p.Key, p.Value))];
        }

        foreach (var (peer, until) in peers)
            yield return ($"node-peer:{peer}", string.Create(CultureInfo.InvariantCulture, $"certificate of node {peer} has ended; accepted until {until:yyyy-MM-dd HH:mm}Z"));
    }

    /// <summary>Remembers that a peer came with an expired certificate, or (null) with a good one.</summary>
    internal void Note(string peer, DateTimeOffset? graceEnds)
    {
        lock (gate)
        {
            if (graceEnds is not { } until) peersInGrace.Remove(peer);
            else if (peersInGrace.Count < MostPeers || peersInGrace.ContainsKey(peer)) peersInGrace[peer] = until;
        }
    }

    /// <summary>An identity and the how manieth it is.</summary>
    internal sealed record Issue(NodeCertificate Identity, int Generation);
}
