using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Domain.Tracking;
using MilSwitch.Mime;
using MilSwitch.Switching.Boundaries;
using MilSwitch.Switching.Cluster;
using MilSwitch.Switching.Links;
using MilSwitch.Switching.Operations;
using MilSwitch.Switching.Partitions;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Intake;

/// <summary>
/// One message on its way in: content to the spool's staging, limits watched while it streams, then everything that the
/// header can change, one commit, and the hand-over to the partition. 250 follows the commit, nothing else.
/// </summary>
internal sealed class IncomingMessage : IIncomingMessage
{
    /// <summary>Messages that learn that one replaces them: the newest under that Message-ID, such as copies of a list.</summary>
    private const int MostSuperseded = 10;

    private readonly SwitchRuntime runtime;
    private readonly IntakeRates rates;
    private readonly ClientIdentity client;
    private readonly Envelope envelope;
    private readonly StoredDocument? beside;
    private readonly IContentWriter writer;
    private readonly StructureScanner structure;
    private Refusal? fault;
    private string? heldBecause;
    private bool handedOver;
    private StagedContent? content;
    private long completing;
    private TimeSpan examined;
    // Of the content as it is; null: it is another one than was scanned.
    private HeaderBlock? scanned;
    // As it came, where numbers are counted.
    private HeaderBlock? came;
    // Of what the client sent: what is added has the time in it, and would make every copy another message.
    private ReadOnlyMemory<byte> digest;

    /// <param name="runtime">The node.</param>
    /// <param name="rates">To which the client is held.</param>
    /// <param name="client">Who sends it.</param>
    /// <param name="envelope">What MAIL and RCPT said.</param>
    /// <param name="beside">Becomes true in the same commit; null: nothing does.</param>
    public IncomingMessage(SwitchRuntime runtime, IntakeRates rates, ClientIdentity client, Envelope envelope, StoredDocument? beside = null)
    {
        this.beside = beside;
        this.runtime = runtime;
        this.rates = rates;
        this.client = client;
        this.envelope = envelope;
        writer = runtime.Spool.CreateContent();
        var limits = runtime.Configuration.Content;
        structure = new StructureScanner(limits.MaximumDepth, limits.MaximumParts);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (fault is not null) return;
        structure.Append(data.Span);
        if (structure.Fault != StructureFault.None)
        {
            fault = structure.Fault switch
            {
                StructureFault.TooDeep => Refusal.NestingTooDeep,
                StructureFault.TooManyParts => Refusal.TooManyParts,
                _ => Refusal.MalformedMime,
            };
            return;
        }

        try
        {
            await writer.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException unavailable)
        {
            fault = unavailable.Health == SpoolHealth.Full ? Refusal.StoreFull : Refusal.StoreUnavailable;
        }
    }

    public void Hold(string because) => heldBecause = because;

    public async ValueTask<IntakeResult> CompleteAsync(CancellationToken cancellationToken)
    {
        if (fault is { } early) return IntakeResult.Refused(early);
        completing = runtime.Time.GetTimestamp();
        try
        {
            content = await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SpoolUnavailableException unavailable)
        {
            return IntakeResult.Refused(unavailable.Health == SpoolHealth.Full ? Refusal.StoreFull : Refusal.StoreUnavailable);
        }

        var configuration = runtime.Configuration;
        var header = Scan(content);
        switch (header.Fault)
        {
            case HeaderFault.TooLarge:
                return IntakeResult.Refused(Refusal.HeaderTooLarge);
            case HeaderFault.TooManyFields:
                return IntakeResult.Refused(Refusal.TooManyFields);
            case HeaderFault.Malformed:
                return IntakeResult.Refused(Refusal.MalformedHeader);
        }

        scanned = header;
        if (client.Channel is not null) came = header;
        var facts = MessageFacts.Read(header, runtime.OwnNames);
        if (facts.ReceivedCount > configuration.Loops.MaximumHops || facts.OwnReceivedCount >= configuration.Loops.MaximumOwnHops)
            return IntakeResult.Refused(Refusal.Loop);
        if (!MayWrite(header)) return IntakeResult.Refused(Refusal.AuthorRefused);
        var considered = facts.MinimizeConsidered && configuration.MinimizeExemptions.MayExempt(client);
        if (Decide(facts, considered, out var decision) is { } refusal) return IntakeResult.Refused(refusal);
        if (!configuration.Budgets.HasRoomToAccept(runtime.Spool.Usage().FreeOctets, decision.Action)) return IntakeResult.Refused(Refusal.StoreFull);
        if (rates.Judge(client, decision.Action, count: true) is { } flood) return IntakeResult.Refused(flood);
        var isHeld = heldBecause is not null;
        var protection = isHeld ? null : configuration.Arrivals?.GetValueOrDefault(client.Listener);
        var labelling = isHeld ? null : configuration.ListenerLabels?.GetValueOrDefault(client.Listener);
        Examination? examination = null;
        if (protection is not null || labelling is not null)
        {
            var examining = runtime.Time.GetTimestamp();
            examination = await new ArrivalExaminer(runtime).ExamineAsync(content, protection, labelling, envelope.ReversePath, client, decision.Action, cancellationToken).ConfigureAwait(false);
            examined = runtime.Time.GetElapsedTime(examining);
            if (examination.Refusal is { } kept) return IntakeResult.Refused(kept);
            await ReplaceAsync(examination.Replacement).ConfigureAwait(false);
        }

        digest = content.Digest;
        var military = MilitaryFields.AsTheyAre;
        if (!isHeld && configuration.ListenerMmhs.GetValueOrDefault(client.Listener) is { } rules)
        {
            // A report that nobody wrote is no military message.
            if (envelope.ReversePath.IsNull && facts.IsReport) rules = rules with { Presence = false };
            military = await new MilitaryFieldsCheck(runtime).CheckAsync(content, rules, decision, client, cancellationToken).ConfigureAwait(false);
            if (military.Refusal is { } unsound) return IntakeResult.Refused(unsound, military.Detail, military.Faults);
            await ReplaceAsync(military.Replacement).ConfigureAwait(false);
        }

        return await AcceptAsync(facts, decision, considered, examination, military.Added).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        if (content is not null && !handedOver) await content.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask ReplaceAsync(StagedContent? replacement)
    {
        if (replacement is null) return;
        await content!.DisposeAsync().ConfigureAwait(false);
        (content, scanned) = (replacement, null);
    }

    private HeaderBlock Scan(StagedContent of) => HeaderBlock.Scan(of.Head, runtime.Configuration.Content.MaximumHeaderOctets, runtime.Configuration.Content.MaximumHeaderFields);

    // RFC 6409 §6.1: the reverse path was judged at MAIL, and readers see the other two.
    private bool MayWrite(HeaderBlock header) =>
        client.AuthenticatedAs is not { } account || !runtime.Configuration.AccountAddresses.TryGetValue(account, out var own)
        || (MessageAuthors.Of(header, "From"u8).AreOf(own) && MessageAuthors.Of(header, "Sender"u8) is var senders && (senders is { Addresses.IsEmpty: true, AreClear: true } || senders.AreOf(own)));

    // What was decided at MAIL is decided again with the header's evidence: a field may name a level, never one that the
    // client may not use.
    private Refusal? Decide(MessageFacts facts, bool minimizeConsidered, out PrecedenceDecision decision)
    {
        var table = runtime.Configuration.Precedences;
        var evidence = new PrecedenceEvidence(
            envelope.Priority, facts.TunnelledPriority, facts.PrimaryPrecedence, facts.CopyPrecedence, facts.HasPriorityField);
        decision = PrecedenceDecision.Decide(evidence, new PrecedenceGrant(client.HighestPrecedence), table.Unmarked);
        // A report that came in is believed about nothing: its level can't be used to inject urgent mail (RFC 6710 §4.6).
        if (envelope.ReversePath.IsNull && envelope.Priority is null && decision.Action > table.Unmarked)
        {
            decision = PrecedenceDecision.Decide(
                new PrecedenceEvidence { FieldPresent = facts.HasPriorityField }, new PrecedenceGrant(client.HighestPrecedence), table.Unmarked);
        }

        if (decision.Lowered && !client.LowerPrecedence) return Refusal.PriorityNotPermitted;
        if (content!.Length > table[decision.Action].MaximumSize)
            return decision.Source == PrecedenceSource.SiteDefault ? Refusal.TooLarge : Refusal.TooLargeForPriority;
        return !minimizeConsidered && decision.Action < runtime.Rules.LowestAtEntry(runtime.Now) ? Refusal.PriorityTooLowForNow : null;
    }

    private async ValueTask<IntakeResult> AcceptAsync(MessageFacts facts, PrecedenceDecision decision, bool minimizeConsidered, Examination? examination, ImmutableArray<MmhsField> added, int tries = 0)
    {
        var configuration = runtime.Configuration;
        var partition = runtime.Far is null ? runtime.Partitions.NextAccepting() : null;
        if ((partition?.Epoch ?? runtime.Far?.Next(configuration.Budgets.PendingMessages)) is not { } owner) return IntakeResult.Refused(Refusal.NotOwner);
        using var accepting = new Accepting(partition);
        var now = runtime.Now;
        var id = runtime.NextId(owner.Partition);
        var accepted = envelope with
        {
            Recipients = WithPrecedence(facts, decision), Precedence = decision.Action, Priority = decision.ActionPriority, ArrivedAt = now,
            // RFC 8689 §4.1: the parameter outranks the field.
            TlsOptional = facts.TlsRequiredNo && !envelope.RequireTls,
            MinimizeConsidered = minimizeConsidered,
            OpenedHere = examination is { IsOpened: true },
            Label = examination?.Labels?.Label,
            Domain = configuration.ListenerDomains.GetValueOrDefault(envelope.Origin.Listener),
            // RFC 3461 §4.3: nor shall a later hop return what was opened here.
            Return = examination is { IsOpened: true } ? DsnReturn.Headers : envelope.Return,
        };
        accepted = MilitaryEnvelope.With(accepted, scanned ?? Scan(content!));
        var trace = TraceFields.Received(new ReceivedTrace
        {
            Host = configuration.HostName,
            Helo = client.Helo,
            ClientAddress = client.Address,
            Tls = client.Tls,
            Authenticated = client.AuthenticatedAs is not null,
            SmtpUtf8 = envelope.SmtpUtf8,
            Id = id,
            // RFC 6710 §4.1 rule 2, also when the level is the site's own (rule 5).
            Priority = decision.ActionPriority ?? MtPriority.From(decision.Action),
            Date = now,
            Recipient = accepted.Recipients.Length is 1 ? accepted.Recipients[0].Address : null,
            IsDirect = client.IsDirect,
        });
        ImmutableArray<AuditEvent> audit = [new AuditEvent(now, AuditKind.Accepted, id, -1, client.Address, client.AuthenticatedAs)];
        if (minimizeConsidered) audit = audit.Add(new AuditEvent(now, AuditKind.Exempted, id, -1, MessageFacts.ConsideredInstruction));
        if (!added.IsEmpty) audit = audit.Add(new AuditEvent(now, AuditKind.Completed, id, -1, string.Join(", ", added.Select(f => f.Name()))));
        if (examination is not null)
        {
            // RFC 8601 §5: a result belongs above the Received field of the host that found it.
            trace = [.. examination.Trace.Span, .. trace];
            audit = [.. audit, .. examination.Notes.Select(n => new AuditEvent(now, n.Kind, id, -1, n.Detail))];
        }

        if (accepted.Supersedes is { } replaced)
            audit = [.. audit, new AuditEvent(now, AuditKind.Superseding, id, -1, replaced), .. await SupersededAsync(id, accepted, replaced).ConfigureAwait(false)];
        var held = heldBecause ?? examination?.Labels?.HeldBecause ?? OutOfDate.Reason(configuration, accepted, now);
        if (held is not null) audit = audit.Add(new AuditEvent(now, AuditKind.Held, id, -1, held));
        using var span = runtime.Traces.Begin("accept", id, ActivityKind.Server, runtime.Time.GetElapsedTime(completing)).At(accepted.Precedence);
        // Nobody knew its id yet when it was examined.
        if (examined > TimeSpan.Zero) runtime.Traces.Begin("examine", id, since: examined)?.Dispose();
        var policy = runtime.JudgedBy;
        var link = held is null && partition is not null ? TryReserve(accepted, now) : null;
        try
        {
            var result = await CommitAsync(held is not null ? RecipientState.Held : link is null ? RecipientState.Queued : RecipientState.Armed).ConfigureAwait(false);
            if (result.Status == CommitStatus.Outdated)
            {
                // A rule came that this node does not know yet: accepted all the same, and judged when it is known.
                runtime.LookAtStore();
                link!.Gauge.Release();
                link = null;
                result = await CommitAsync(RecipientState.Queued).ConfigureAwait(false);
            }

            if (result.Status == CommitStatus.Fenced)
            {
                if (runtime.Far is { } far)
                {
                    // Its owner has changed since it was told of; nothing was written.
                    far.Drop(owner);
                    if (tries < SwitchRuntime.FarTries) return await AcceptAsync(facts, decision, minimizeConsidered, examination, added, tries + 1).ConfigureAwait(false);
                }

                runtime.WasFenced(owner);
            }

            span.Came(result.IsCommitted ? held is null ? "accepted" : "held" : "refused");
            if (!result.IsCommitted)
            {
                return IntakeResult.Refused(result.Status switch
                {
                    CommitStatus.Full => Refusal.StoreFull,
                    CommitStatus.Fenced => Refusal.NotOwner,
                    _ => Refusal.StoreUnavailable,
                });
            }

            runtime.Meters.CountAccepted(accepted.Precedence);
            runtime.Events.Committed(audit, accepted.Precedence);
            foreach (var duplicate in result.Duplicates)
                runtime.Events.Publish(new SwitchEvent(now, "message.duplicate") { Message = id, Recipient = duplicate.Index, Precedence = accepted.Precedence });
            if (partition is not null) HandOver(partition, id, accepted, trace, held is null ? RecipientState.Queued : RecipientState.Held, result.Duplicates, ref link);
            else HandOver(id, result.Duplicates);
            // When it is on its way already: whatever becomes of the counting, what is durable must not lie without anybody who has it.
            if (client.Channel is { } channel) await runtime.ChannelCounting.CountAsync(channel, came ?? Scan(content!)).ConfigureAwait(false);
            // What the parameter asked for was answered at MAIL; what only the content asked for is answered here.
            return IntakeResult.Accepted(id, decision is { Lowered: true, Source: not PrecedenceSource.Parameter } ? MtPriority.From(decision.Action) : null);
        }
        finally
        {
            link?.Gauge.Release();
        }

        async ValueTask<CommitResult> CommitAsync(RecipientState state)
        {
            using var commit = runtime.Traces.Begin("commit", id);
            return await runtime.Spool.CommitAsync(OperationOf(state), accepted.Precedence, CancellationToken.None).ConfigureAwait(false);
        }

        SpoolOperation OperationOf(RecipientState state) => new(owner)
        {
            Accept = [new NewMessage(id, accepted, trace, content!, facts.MessageId, state, null) { HeldBecause = held }],
            Audit = audit,
            Documents = [.. Documents(id, accepted, partition is null), .. beside is null ? [] : new[] { beside }],
            // Only what may be sent at once depends on rules already.
            Policy = state == RecipientState.Armed ? policy : null,
        };
    }

    // What it replaces learns of it, for whoever asks about that one; nothing is withdrawn, since anybody can write the field. Nobody's
    // message waits for this: where the store can't say, the trail of the new one still names the old.
    private async ValueTask<ImmutableArray<AuditEvent>> SupersededAsync(MessageId id, Envelope accepted, string replaced)
    {
        try
        {
            var known = await runtime.Spool.QueryAsync(new MessageQuery { MessageIdField = replaced, Limit = MostSuperseded }).ConfigureAwait(false);
            // What is in another security domain is not this originator's to speak of.
            return [.. known.Where(m => m.Envelope.Domain == accepted.Domain).Select(m => new AuditEvent(accepted.ArrivedAt, AuditKind.Superseded, m.Id, -1, $"{id} from <{accepted.ReversePath}>"))];
        }
        catch (SpoolUnavailableException)
        {
            return [];
        }
    }

    private static IEnumerable<StoredDocument> Documents(MessageId id, Envelope accepted, bool isFar)
    {
        if (isFar) yield return ArrivalSweeper.For(id);
        if (TrackingDocuments.For(id, accepted) is { } tracked) yield return tracked;
    }

    private ImmutableArray<Recipient> WithPrecedence(MessageFacts facts, PrecedenceDecision decision)
    {
        var split = decision.Information != decision.Action && facts.InformationAddresses.Length > 0;
        var detect = runtime.Configuration.Duplicates.Enabled && facts.MessageId is not null && !envelope.ReversePath.IsNull;
        var recipients = ImmutableArray.CreateBuilder<Recipient>(envelope.Recipients.Length);
        foreach (var recipient in envelope.Recipients)
        {
            // With two precedences, those who are not addressed for action get their copy at the copy precedence.
            var information = split && !Contains(facts.ActionAddresses, recipient.Address);
            recipients.Add(recipient with
            {
                Role = information ? AddresseeRole.Information : AddresseeRole.Action,
                Precedence = information ? decision.Information : decision.Action,
                Priority = information ? decision.InformationPriority : decision.ActionPriority,
                DuplicateKey = detect
                    ? DuplicateKey.Of(envelope.ReversePath, facts.MessageId!, envelope.EnvelopeId, digest.Span, recipient.Address)
                    : null,
            });
        }

        return recipients.MoveToImmutable();

        static bool Contains(ImmutableArray<string> addresses, Mailbox mailbox)
        {
            foreach (var address in addresses)
            {
                if (string.Equals(address, mailbox.Text, StringComparison.OrdinalIgnoreCase)) return true;
            }

            return false;
        }
    }

    // The straight path: one link with room, of the same domain, that protects nothing and asks for no label, content in memory, no rule and no hold in the way.
    private LinkHandle? TryReserve(Envelope accepted, DateTimeOffset now)
    {
        if (content!.ReadFromMemory() is null || accepted.HoldUntil > now || accepted.Expires is not null || !runtime.Rules.IsEmpty) return null;
        var first = accepted.Recipients[0];
        var routes = runtime.Configuration.Routes;
        // What the switch itself has to work on first.
        if (runtime.Configuration.Releases.IsUnder(accepted) || Enumerable.Range(0, accepted.Recipients.Length).Any(i => runtime.Configuration.IsWorkedOn(accepted, i))) return null;
        var facts = routes.AsksForFields ? MilitaryEnvelope.Facts(accepted) : MilitaryFacts.None;
        if (routes.Find(first.Address, first.Precedence, facts)?.For(accepted) is not { Protection: null, Labels: null } link || runtime.Configuration.Boundaries.MustCross(accepted.Domain, link.Domain)) return null;
        for (var i = 1; i < accepted.Recipients.Length; i++)
        {
            var other = accepted.Recipients[i];
            if (other.Precedence != first.Precedence || other.Priority != first.Priority || routes.Find(other.Address, other.Precedence, facts)?.For(accepted).Name != link.Name) return null;
        }

        var handle = runtime.Links.For(link);
        return handle.Gauge.TryReserve(accepted.Precedence) ? handle : null;
    }

    private void HandOver(
        OwnedPartition partition, MessageId id, Envelope accepted, byte[] trace, RecipientState state, ImmutableArray<DuplicateRecipient> duplicates, ref LinkHandle? link)
    {
        // In memory, armed means: may have been sent. What is only armed ahead in the store is queued here.
        var statuses = new RecipientStatus[accepted.Recipients.Length];
        Array.Fill(statuses, RecipientStatus.Initial(state));
        foreach (var duplicate in duplicates) statuses[duplicate.Index] = RecipientStatus.Initial(RecipientState.Duplicate);
        if (duplicates.Length > 0) runtime.Meters.CountDuplicates(duplicates.Length);
        if (duplicates.Length == statuses.Length) return;
        if (duplicates.Length > 0 && link is not null)
        {
            // Some recipients drop out: the rest takes the ordinary way, but stays armed as it was committed.
            link.Gauge.Release();
            link = null;
        }

        LoadedMessage? loaded = null;
        if (link is not null)
        {
            var kept = content!;
            runtime.CountContentInMemory(kept.Length);
            loaded = new LoadedMessage(accepted, trace, kept.ReadFromMemory()!, new Kept(runtime, kept));
            handedOver = true;
        }

        partition.Actor.Tell(new PartitionCommands.TakeOver(
            id, accepted, trace.Length + content!.Length, ImmutableArray.Create(statuses), loaded, link), ActorRefs.NoSender);
        link = null;
    }

    // Its owner is another node, which reads it from the store.
    private void HandOver(MessageId id, ImmutableArray<DuplicateRecipient> duplicates)
    {
        if (duplicates.Length > 0) runtime.Meters.CountDuplicates(duplicates.Length);
        runtime.Owners.Tell(new ArrivedOrder(id.Value));
    }

    private readonly struct Accepting(OwnedPartition? partition) : IDisposable
    {
        public void Dispose() => partition?.EndAccepting();
    }

    /// <summary>Memory that counts in the node's budget until it is given back.</summary>
    private sealed class Kept(SwitchRuntime runtime, StagedContent content) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            runtime.CountContentInMemory(-content.Length);
            return content.DisposeAsync();
        }
    }
}
