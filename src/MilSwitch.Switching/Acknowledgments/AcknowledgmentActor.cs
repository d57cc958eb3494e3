using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Acknowledgments;

/// <summary>
/// Follows the messages for which acknowledgments were asked for. What changed is durable before anybody hears of it; after a
/// start it goes on from the store. At most <see cref="MostMessages"/> are followed at one time.
/// </summary>
internal sealed partial class AcknowledgmentActor : UntypedActor, IWithTimers, IWithStash
{
    public const int MostMessages = 100_000;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly SwitchRuntime runtime;
    private readonly AlternateCopy alternates;
    private readonly ILogger logger;
    private readonly Dictionary<MessageId, FollowedMessage> followed = [];
    private readonly PriorityQueue<MessageId, DateTimeOffset> due = new();
    // What the store did not take, or is to be done now: looked at again at the next beat.
    private readonly HashSet<MessageId> waiting = [];
    private readonly AcknowledgmentNews news;
    private readonly bool[] held = new bool[MessageId.PartitionCount];
    private bool isLoaded;

    public AcknowledgmentActor(SwitchRuntime runtime)
    {
        this.runtime = runtime;
        alternates = new AlternateCopy(runtime);
        news = new AcknowledgmentNews(runtime);
        logger = runtime.Loggers.CreateLogger<AcknowledgmentActor>();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    private AcknowledgmentDeadlines Deadlines => runtime.Configuration.Acknowledgments;

    public static Props Props(SwitchRuntime runtime) => Akka.Actor.Props.Create(typeof(AcknowledgmentActor), runtime);

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("look", Look.Instance, Beat, Beat);
        Load();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Loaded loaded:
                OnLoaded(loaded);
                break;
            case Look when !isLoaded:
                break;
            case LoadFailed:
                Timers.StartSingleTimer("load", Reload.Instance, Beat);
                break;
            case Reload:
                Load();
                break;
            case not null when !isLoaded:
                Stash.Stash();
                break;
            case AcknowledgmentCommands.Expect expect:
                OnExpect(expect);
                break;
            case AcknowledgmentCommands.Note early when runtime.ClusterStore is not null && runtime.Partitions.Holds(early.Message.Partition) && !held[early.Message.Partition]:
                // Its partition has just come: what is followed in it is read first.
                Stash.Stash();
                FollowPartitions();
                break;
            case AcknowledgmentCommands.Note note:
                if (followed.TryGetValue(note.Message, out var entry)) Apply(entry, note.Recipient, note.Input);
                break;
            case Saved saved:
                OnSaved(saved);
                break;
            case Look:
                OnLook();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Load() => runtime.Spool.ListDocumentsAsync(AcknowledgmentDocuments.Kind).AsTask()
        .PipeTo(Self, success: documents => new Loaded(documents), failure: _ => LoadFailed.Instance);

    private void OnLoaded(Loaded loaded)
    {
        foreach (var document in loaded.Documents)
        {
            if (followed.Count == MostMessages) break;
            try
            {
                if (MessageId.TryParse(document.Id, out var id) && IsHere(id) && !followed.ContainsKey(id)) Follow(new FollowedMessage(id, AcknowledgmentDocuments.Read(document.Json)));
            }
            catch (JsonException fault)
            {
                LogUnreadable(fault, document.Id);
            }
        }

        isLoaded = true;
        news.Known([]);
        Stash.UnstashAll();
    }

    // In a cluster each message is followed where its partition is, and by nobody else.
    private bool IsHere(MessageId id) => runtime.ClusterStore is null || runtime.Partitions.Holds(id.Partition);

    private void FollowPartitions()
    {
        if (runtime.ClusterStore is null) return;
        var came = false;
        for (var partition = 0; partition < held.Length; partition++)
        {
            var holds = runtime.Partitions.Holds(partition);
            if (holds == held[partition]) continue;
            held[partition] = holds;
            came |= holds;
            if (holds) continue;
            foreach (var id in followed.Keys.Where(id => id.Partition == partition).ToArray())
            {
                followed.Remove(id);
                waiting.Remove(id);
            }
        }

        if (!came) return;
        isLoaded = false;
        Load();
    }

    private void OnExpect(AcknowledgmentCommands.Expect expect)
    {
        var fits = expect.Recipients.Length is > 0 and <= AcknowledgmentDocuments.MostRecipients && (followed.Count < MostMessages || followed.ContainsKey(expect.Message));
        if (fits && !followed.ContainsKey(expect.Message))
        {
            var entry = new FollowedMessage(expect.Message, expect.Recipients) { IsDirty = !expect.IsStored };
            Follow(entry);
            Save(entry);
        }

        if (!fits) LogTooMany(expect.Message, followed.Count);
        Sender.Tell(new AcknowledgmentEvents.Expected(expect.Message, fits));
    }

    private void Follow(FollowedMessage entry)
    {
        followed[entry.Id] = entry;
        news.Known(entry.Recipients);
        Schedule(entry);
        // Settled, and cut short before it was put away.
        if (entry.IsSettled) entry.IsDirty = true;
        if (entry.IsDirty || entry.AlternateDue is not null) waiting.Add(entry.Id);
    }

    private void Apply(FollowedMessage entry, int recipient, AcknowledgmentInput input)
    {
        entry.Apply(recipient, input, Deadlines);
        Schedule(entry);
        Save(entry);
    }

    private void Schedule(FollowedMessage entry)
    {
        if (entry.NextDue(Deadlines) is not { } next || entry.ScheduledAt <= next) return;
        entry.ScheduledAt = next;
        due.Enqueue(entry.Id, next);
    }

    private void OnLook()
    {
        FollowPartitions();
        var now = runtime.Now;
        while (due.TryPeek(out var id, out var at) && at <= now)
        {
            due.Dequeue();
            // Entries of messages that went on meanwhile are left behind in the queue and change nothing.
            if (!followed.TryGetValue(id, out var entry)) continue;
            entry.ScheduledAt = null;
            Apply(entry, -1, new AcknowledgmentInput.Reached(now));
        }

        MessageId[] again = [.. waiting];
        waiting.Clear();
        foreach (var id in again)
        {
            if (followed.TryGetValue(id, out var entry)) Save(entry);
        }
    }

    // One write for a message at a time: what comes meanwhile is written after it.
    private void Save(FollowedMessage entry)
    {
        if (entry.IsBusy) return;
        if (!entry.IsDirty && entry.AlternateDue is null) return;
        entry.IsBusy = true;
        var steps = entry.TakeUntold();
        var alternate = entry.IsDirty ? null : entry.AlternateDue;
        entry.IsDirty = false;
        SaveAsync(entry, steps, alternate).PipeTo(Self);
    }

    private async Task<Saved> SaveAsync(FollowedMessage entry, ImmutableArray<AcknowledgmentStep> steps, Acknowledgment? alternate)
    {
        try
        {
            if (alternate is not null) return new Saved(entry, steps, true, alternate, await alternates.SendAsync(alternate, entry.WithAlternate(alternate.Recipient, runtime.Now)).ConfigureAwait(false));
            var document = AcknowledgmentDocuments.Write(entry.Id, entry.Recipients);
            var isSettled = entry.IsSettled;
            // First in its place: whenever this is cut short, the next start finds nothing older.
            await runtime.Spool.PutDocumentAsync(document.Kind, document.Id, document.Json).ConfigureAwait(false);
            if (isSettled)
            {
                // What nobody waits for any more is not read at the next start.
                await runtime.Spool.PutDocumentAsync(AcknowledgmentDocuments.Settled, document.Id, document.Json).ConfigureAwait(false);
                await runtime.Spool.RemoveDocumentAsync(document.Kind, document.Id).ConfigureAwait(false);
            }

            return new Saved(entry, steps, true, null, default);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Nobody else would tell the actor, and the message would be busy for ever.
            if (fault is not (SpoolUnavailableException or ObjectDisposedException)) LogNotSaved(fault, entry.Id);
            return new Saved(entry, steps, false, alternate, AlternateOutcome.Later);
        }
    }

    private void OnSaved(Saved saved)
    {
        var entry = saved.Entry;
        entry.IsBusy = false;
        // Its partition went elsewhere meanwhile: what was written is there, the rest is the next owner's.
        if (!followed.TryGetValue(entry.Id, out var known) || known != entry) return;
        if (!saved.IsDone)
        {
            if (saved.Alternate is null) entry.PutBack(saved.Steps);
            waiting.Add(entry.Id);
            return;
        }

        news.Happened(saved.Steps);
        switch (saved)
        {
            case { Alternate: { } sent, Outcome: AlternateOutcome.Sent }:
                entry.Apply(sent.Recipient, new AcknowledgmentInput.AlternateSent(runtime.Now), Deadlines);
                break;
            case { Alternate: { } stuck, Outcome: AlternateOutcome.Impossible }:
                entry.IsStuck = true;
                LogStuck(entry.Id, stuck.Recipient);
                news.Stuck(stuck);
                break;
            case { Alternate: not null }:
                waiting.Add(entry.Id);
                return;
        }

        if (entry.IsSettled && !entry.IsDirty) followed.Remove(entry.Id);
        else Save(entry);
    }

    [LoggerMessage(3601, LogLevel.Error, "The acknowledgments of {Document} can't be read and are not followed")]
    private partial void LogUnreadable(Exception fault, string document);

    [LoggerMessage(3602, LogLevel.Warning, "The acknowledgments of {MessageId} are not followed: {Count} messages are")]
    private partial void LogTooMany(MessageId messageId, int count);

    [LoggerMessage(3603, LogLevel.Error, "No copy of {MessageId} can be made for the action point of recipient {Recipient}")]
    private partial void LogStuck(MessageId messageId, int recipient);

    [LoggerMessage(3604, LogLevel.Error, "The acknowledgments of {MessageId} could not be recorded; tried again")]
    private partial void LogNotSaved(Exception fault, MessageId messageId);

    private sealed record Loaded(IReadOnlyList<StoredDocument> Documents) : ILocalMessage;

    private sealed record LoadFailed : ILocalMessage
    {
        public static readonly LoadFailed Instance = new();
    }

    private sealed record Reload : ILocalMessage
    {
        public static readonly Reload Instance = new();
    }

    private sealed record Look : ILocalMessage
    {
        public static readonly Look Instance = new();
    }

    /// <param name="Entry">Whose.</param>
    /// <param name="Steps">What is durable by it, or is not.</param>
    /// <param name="IsDone">It is.</param>
    /// <param name="Alternate">The copy that it was about; null: it was not about one.</param>
    /// <param name="Outcome">What came of that.</param>
    private sealed record Saved(FollowedMessage Entry, ImmutableArray<AcknowledgmentStep> Steps, bool IsDone, Acknowledgment? Alternate, AlternateOutcome Outcome) : ILocalMessage;
}
