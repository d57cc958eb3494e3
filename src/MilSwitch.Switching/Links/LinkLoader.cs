using System.Collections.Immutable;
using Akka.Actor;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Links;

/// <summary>Brings a waiting message into memory, asks the rules, has it protected where the route says so, and arms it in the store.</summary>
internal sealed class LinkLoader(SwitchRuntime runtime)
{
    // Questions about the recipients of one copy at a time, and how long all of them may take.
    private const int AskedAtOnce = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DepartureProtector protector = new(runtime);

    /// <param name="consignment">Taken by the link.</param>
    /// <param name="settings">The link's.</param>
    public async Task<LinkEvents.Readied> ReadyAsync(Consignment consignment, LinkSettings settings)
    {
        var link = settings.Name;
        ContentReader? content = null;
        try
        {
            if (!runtime.Partitions.IsOwned(consignment.Epoch)) return End(ReadyOutcome.Gone);
            if (await runtime.Spool.ReadAsync(consignment.Id).ConfigureAwait(false) is not { } stored) return End(ReadyOutcome.Gone);
            var policy = runtime.JudgedBy;
            var rules = runtime.Rules;
            var verdict = Judge(rules, stored.Envelope, consignment, link);
            if (verdict.Waits) return End(ReadyOutcome.Waits, verdict);
            if (verdict.Kind is not null)
            {
                consignment.PutBack();
                if (!consignment.TryWithdraw()) return End(ReadyOutcome.Gone);
                consignment.Partition.Tell(new RuleDecided(consignment, verdict));
                return End(ReadyOutcome.TakenAway, verdict);
            }

            // Settings may be others than when it was queued: nothing of another domain leaves here (only a boundary lets it in).
            var map = runtime.Configuration.Boundaries;
            // In a cluster another node may have applied other routes before this message was taken here, and this node heard of
            // them only afterwards: nothing goes by routes that were out of force when it came.
            var isStale = runtime.ClusterStore is not null && !consignment.Armed && consignment.PlannedBy is { } routes && !ReferenceEquals(routes, runtime.Configuration.Routes);
            if (isStale || map.MustCross(stored.Envelope.Domain, settings.Domain) || runtime.Configuration.Releases.IsUnder(stored.Envelope) || consignment.Recipients.Any(i => runtime.Configuration.IsWorkedOn(stored.Envelope, i)))
            {
                consignment.PutBack();
                if (!consignment.TryWithdraw()) return End(ReadyOutcome.Gone);
                consignment.Partition.Tell(new Misplaced(consignment.Id));
                return End(ReadyOutcome.TakenAway);
            }

            // What a recipient may see may stand in a certificate that others have: while they don't answer nothing leaves.
            if (settings.Labels is { } asking && await AskAsync(asking, stored.Envelope, consignment).ConfigureAwait(false) is { } silent) return Away(silent, stored);

            // What may go was judged when it was queued; policies and clearances may be others by now.
            if (settings.Labels is { } labels && Denied(labels, stored.Envelope, consignment) is { } denied)
            {
                consignment.PutBack();
                if (!consignment.TryWithdraw()) return End(ReadyOutcome.Gone);
                consignment.Partition.Tell(denied);
                return End(ReadyOutcome.TakenAway);
            }

            if (await OutOfDate.ReasonAsync(runtime.Configuration, runtime.Spool, consignment.Id, stored.Envelope, runtime.Now).ConfigureAwait(false) is { } late) return Lost(late);
            content = await runtime.Spool.OpenContentAsync(consignment.Id).ConfigureAwait(false);
            if (content is null) return Lost("the content is missing");
            ImmutableArray<AuditEvent> audit = [];
            // Reports may be protected beyond what the route does to other mail; a key that is away keeps them here.
            var protection = runtime.Configuration.Reports.Protection is { } own ? own.For(stored.Envelope, settings.Protection) : settings.Protection;
            if (protection is not null || settings.Labels is { Writes: true })
            {
                // Before it is armed: what can't be protected is not about to be sent.
                var outcome = await protector.ProtectAsync(consignment, stored.Envelope, content, settings with { Protection = protection }).ConfigureAwait(false);
                if (outcome is DepartureOutcome.Unavailable away) return Away(away.Reason, stored);
                if (outcome is DepartureOutcome.Impossible never) return Never(never);
                var made = (DepartureOutcome.Protected)outcome;
                await content.DisposeAsync().ConfigureAwait(false);
                content = ContentReader.Of(made.Content);
                var now = runtime.Now;
                audit = [.. made.Notes.Select(n => new AuditEvent(now, n.Kind, consignment.Id, consignment.Recipients is [var only] ? only : -1, n.Detail))];
            }

            if (!consignment.Armed || !audit.IsEmpty)
            {
                var operation = consignment.Armed ? new SpoolOperation(consignment.Epoch) : Change(consignment, stored, RecipientState.Armed);
                var armed = await runtime.Spool.CommitAsync(operation with { Audit = audit, Policy = policy }, consignment.Precedence).ConfigureAwait(false);
                if (armed.Status == CommitStatus.Fenced)
                {
                    runtime.WasFenced(consignment.Epoch);
                    return End(ReadyOutcome.Gone);
                }

                if (armed.Status == CommitStatus.Outdated)
                {
                    runtime.LookAtStore();
                    return End(ReadyOutcome.Outdated);
                }

                if (!armed.IsCommitted) return End(ReadyOutcome.StoreAway);
                consignment.Armed = true;
                runtime.Events.Committed(audit, consignment.Precedence);
            }

            // The commit took its time, and nobody else keeps back what is ready.
            if (!ReferenceEquals(rules, runtime.Rules) && Judge(runtime.Rules, stored.Envelope, consignment, link) is { Waits: true } later)
                return End(ReadyOutcome.Waits, later);
            var trace = stored.Trace;
            if (consignment.Suspect)
            {
                var attempts = stored.Recipients[consignment.Recipients[0]].Attempts;
                trace = Concat(TraceFields.SuspectedDuplicate(consignment.Id, attempts + 1), trace);
            }

            var loaded = new LoadedMessage(stored.Envelope, trace, content, null) { Protection = settings.Protection, Labels = settings.Labels };
            content = null;
            return new LinkEvents.Readied(consignment, ReadyOutcome.Ready, loaded, RuleVerdict.Go);
        }
        catch (ContentDamagedException)
        {
            return Lost("the content is damaged");
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or IOException or ObjectDisposedException)
        {
            return End(ReadyOutcome.StoreAway);
        }
        finally
        {
            if (content is not null) await content.DisposeAsync().ConfigureAwait(false);
        }

        LinkEvents.Readied End(ReadyOutcome outcome, RuleVerdict verdict = default) => new(consignment, outcome, null, verdict);

        // The message goes along for its envelope: nothing of it is sent.
        LinkEvents.Readied Away(string reason, StoredMessage stored) => new(
            consignment, ReadyOutcome.KeyAway, new LoadedMessage(stored.Envelope, stored.Trace, ContentReader.Of(default), null) { Protection = settings.Protection, Labels = settings.Labels }, RuleVerdict.Go)
        {
            Reason = reason,
        };

        LinkEvents.Readied Never(DepartureOutcome.Impossible never)
        {
            consignment.PutBack();
            consignment.TryWithdraw();
            var whom = never.Recipients.IsEmpty ? consignment.Recipients : [.. never.Recipients.Select(i => consignment.Recipients[i])];
            consignment.Partition.Tell(new ProtectionImpossible(consignment, whom, never.Reason));
            return End(ReadyOutcome.TakenAway);
        }

        LinkEvents.Readied Lost(string reason)
        {
            consignment.PutBack();
            consignment.TryWithdraw();
            consignment.Partition.Tell(new ContentLost(consignment, reason));
            return End(ReadyOutcome.TakenAway);
        }
    }

    /// <summary>Takes back the arming of what was never sent; used when the node leaves in order.</summary>
    public async Task DisarmAsync(ImmutableArray<Consignment> consignments)
    {
        var commits = new List<Task>();
        foreach (var consignment in consignments)
        {
            if (!consignment.Suspect && consignment.Armed) commits.Add(DisarmAsync(consignment));
        }

        try
        {
            await Task.WhenAll(commits).ConfigureAwait(false);
        }
        finally
        {
            // Its partition withdraws it when it leaves, and waits for what is taken.
            foreach (var consignment in consignments) consignment.PutBack();
        }
    }

    private async Task DisarmAsync(Consignment consignment)
    {
        if (await runtime.Spool.ReadAsync(consignment.Id).ConfigureAwait(false) is not { } stored) return;
        var result = await runtime.Spool.CommitAsync(Change(consignment, stored, RecipientState.Queued), consignment.Precedence).ConfigureAwait(false);
        if (result.Status is CommitStatus.Committed) consignment.Armed = false;
    }

    private static SpoolOperation Change(Consignment consignment, StoredMessage stored, RecipientState state)
    {
        var changes = ImmutableArray.CreateBuilder<RecipientChange>(consignment.Recipients.Length);
        foreach (var index in consignment.Recipients) changes.Add(new RecipientChange(consignment.Id, index, state, stored.Recipients[index].Attempts));
        return new SpoolOperation(consignment.Epoch) { Recipients = changes.MoveToImmutable() };
    }

    private RuleVerdict Judge(RuleBook rules, Envelope envelope, Consignment consignment, LinkName link)
    {
        if (rules.IsEmpty) return RuleVerdict.Go;
        foreach (var index in consignment.Recipients)
        {
            var verdict = rules.Judge(envelope, envelope.Recipients[index], link, runtime.Now);
            if (verdict.Kind is not null) return verdict;
        }

        return RuleVerdict.Go;
    }

    /// <summary>Has certificates found in which clearances may stand; why it has to wait, or null: everybody answered.</summary>
    private async ValueTask<string?> AskAsync(ILinkLabelling labels, Envelope envelope, Consignment consignment)
    {
        var asked = consignment.Recipients.Select(i => envelope.Recipients[i].Address).Select(a => (Address: a, Domain: labels.AskFor(a))).Where(a => a.Domain is not null).ToArray();
        if (asked.Length is 0) return null;
        if (runtime.Certificates is not { } certificates) return "nothing in this node finds certificates";
        string? silent = null;
        using var enough = new CancellationTokenSource(Patience, runtime.Time);
        try
        {
            await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = AskedAtOnce, CancellationToken = enough.Token }, async (who, stop) =>
            {
                var answer = await certificates.FindAsync(who.Domain!, who.Address, stop).ConfigureAwait(false);
                if (answer is not RecipientCertificateAnswer.Unavailable away)
                {
                    labels.Learn(who.Address, answer);
                    return;
                }

                Interlocked.CompareExchange(ref silent, away.Reason, null);
                await enough.CancelAsync().ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            silent ??= "certificates of recipients were not found in time";
        }

        return silent is null ? null : $"clearances of recipients are not known: {silent}";
    }

    private static LabelDenied? Denied(ILinkLabelling labels, Envelope envelope, Consignment consignment)
    {
        foreach (var index in consignment.Recipients)
        {
            // One that may not go stops all; the step that follows judges each by itself and sends the others on.
            if (labels.Judge(envelope.Label, envelope.Recipients[index].Address) is { Goes: false }) return new LabelDenied(consignment.Id);
        }

        return null;
    }

    private static ReadOnlyMemory<byte> Concat(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        var both = new byte[first.Length + second.Length];
        first.CopyTo(both);
        second.CopyTo(both.AsMemory(first.Length));
        return both;
    }
}
