using System.Net;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// Inbound connections that have not proved anything yet. There is a bounded number of them, in all and by address; a new one
/// takes the place of the oldest, so that strangers who only hold places keep nobody out: a node needs milliseconds.
/// Thread-safe.
/// </summary>
internal sealed class HalfMade(int most, int mostByAddress)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Place> places = new();

    public int Count
    {
        get
        {
            lock (gate) return places.Count;
        }
    }

    /// <param name="address">Where it comes from.</param>
    /// <param name="giveUp">Ends it; called at most once, when it has to make way.</param>
    public Place Enter(IPAddress address, Action giveUp)
    {
        var place = new Place(this, address, giveUp);
        Place? oldest = null;
        lock (gate)
        {
            if (places.Count(p => p.Address.Equals(address)) >= mostByAddress) oldest = places.First(p => p.Address.Equals(address));
            else if (places.Count >= most) oldest = places.First!.Value;
            if (oldest is not null) places.Remove(oldest);
            places.AddLast(place);
        }

        oldest?.GiveUp();
        return place;
    }

    /// <summary>One of them; leaves its place when it is disposed of, or when it had to make way.</summary>
    internal sealed class Place(HalfMade owner, IPAddress address, Action giveUp) : IDisposable
    {
        private int gaveUp;

        public IPAddress Address { get; } = address;

        /// <summary>It had to make way.</summary>
        public bool GaveUp => Volatile.Read(ref gaveUp) is 1;

        public void GiveUp()
        {
            if (Interlocked.Exchange(ref gaveUp, 1) is 0) giveUp();
        }

        public void Dispose()
        {
            lock (owner.gate) owner.places.Remove(this);
        }
    }
}
