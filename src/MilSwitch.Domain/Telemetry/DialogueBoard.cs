using System.Collections.Immutable;
using System.Globalization;

namespace MilSwitch.Domain.Telemetry;

/// <summary>
/// Where connections put what is said while somebody wants to see it. In memory alone, bounded in time, number and size. While
/// nothing is recorded it costs the reading of one field. Thread-safe.
/// </summary>
public sealed class DialogueBoard : IDisposable
{
    /// <summary>Traces that record at once.</summary>
    public const int MostOn = 4;

    /// <summary>Traces that are kept, those that record included; the oldest that are over are forgotten first.</summary>
    public const int MostKept = 16;

    /// <summary>Lines that one trace keeps.</summary>
    public const int MostLines = 2000;

    /// <summary>Characters of one line; what is longer is cut.</summary>
    public const int LongestLine = 512;

    /// <summary>The longest time that a trace records.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>A trace is forgotten so long after its end.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly List<Recording> recordings = [];
    private volatile bool isOn;
    private long sessions;
    private int numbers;

    public DialogueBoard(TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(_ => Tidy(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Somebody wants to see something: only then is <see cref="Say"/> worth its line.</summary>
    public bool IsOn => isOn;

    /// <summary>Told of traces that ended by their own time.</summary>
    public event Action<DialogueTrace>? Ended;

    /// <summary>All that are kept, the newest first, without their lines.</summary>
    public IReadOnlyList<DialogueTrace> All
    {
        get
        {
            Tidy();
            lock (gate) return [.. recordings.Select(r => r.Show(withLines: false)).Reverse()];
        }
    }

    public long NextSession() => Interlocked.Increment(ref sessions);

    /// <summary>Begins to record; null: too many record already.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is not from a second to <see cref="Longest"/>.</exception>
    public DialogueTrace? Start(DialogueChoice choice, TimeSpan lasts, string by, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lasts, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lasts, Longest);
        Tidy();
        Recording made;
        lock (gate)
        {
            if (recordings.Count(r => r.IsOn) >= MostOn) return null;
            if (recordings.Count >= MostKept) recordings.RemoveAt(recordings.FindIndex(r => !r.IsOn));
            var now = time.GetUtcNow();
            made = new Recording((++numbers).ToString(CultureInfo.InvariantCulture), choice, by, reason, now, now + lasts);
            recordings.Add(made);
            isOn = true;
        }

        Tidy();
        return made.Show(withLines: false);
    }

    /// <summary>With its lines; null: there is none, or not any more.</summary>
    public DialogueTrace? Find(string id)
    {
        Tidy();
        lock (gate) return recordings.Find(r => r.Id == id)?.Show(withLines: true);
    }

    /// <summary>Ends one before its time; null: there is none. What is recorded stays.</summary>
    public DialogueTrace? Stop(string id)
    {
        Tidy();
        lock (gate)
        {
            if (recordings.Find(r => r.Id == id) is not { } found) return null;
            if (found.IsOn) found.End(time.GetUtcNow());
            isOn = recordings.Any(r => r.IsOn);
            return found.Show(withLines: false);
        }
    }

    /// <summary>Records a line for everybody who wants it. The caller has taken out what nobody may see.</summary>
    public void Say(in DialoguePeer peer, DialogueDirection direction, string text)
    {
        if (!isOn) return;
        var now = time.GetUtcNow();
        lock (gate)
        {
            foreach (var recording in recordings)
            {
                if (recording.IsOn && now < recording.Until && recording.Choice.Takes(peer)) recording.Add(now, peer.Session, direction, text);
            }
        }
    }

    public void Dispose() => timer.Dispose();

    // Ends what is over, forgets what is old, and comes again when the next thing is due.
    private void Tidy()
    {
        List<DialogueTrace> ended = [];
        lock (gate)
        {
            var now = time.GetUtcNow();
            foreach (var over in recordings.Where(r => r.IsOn && r.Until <= now))
            {
                over.End(over.Until);
                ended.Add(over.Show(withLines: false));
            }

            recordings.RemoveAll(r => !r.IsOn && r.Until + Kept <= now);
            isOn = recordings.Any(r => r.IsOn);
            if (recordings.Count > 0)
            {
                var next = recordings.Min(r => r.IsOn ? r.Until : r.Until + Kept) - now;
                timer.Change(next > TimeSpan.Zero ? next : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var trace in ended) Ended?.Invoke(trace);
    }

    private sealed class Recording(string id, DialogueChoice choice, string by, string reason, DateTimeOffset startedAt, DateTimeOffset until)
    {
        private readonly Queue<DialogueLine> lines = [];
        private long recorded;

        public string Id => id;

        public DialogueChoice Choice => choice;

        public DateTimeOffset Until { get; private set; } = until;

        public bool IsOn { get; private set; } = true;

        public void End(DateTimeOffset at) => (IsOn, Until) = (false, at);

        public void Add(DateTimeOffset at, long session, DialogueDirection direction, string text)
        {
            if (lines.Count == MostLines) lines.Dequeue();
            lines.Enqueue(new DialogueLine(++recorded, at, session, direction, text.Length > LongestLine ? text[..LongestLine] + "…" : text));
        }

        public DialogueTrace Show(bool withLines) =>
            new(id, choice.Text, by, reason, startedAt, Until, IsOn, recorded, recorded - lines.Count, withLines ? [.. lines] : ImmutableArray<DialogueLine>.Empty);
    }
}
