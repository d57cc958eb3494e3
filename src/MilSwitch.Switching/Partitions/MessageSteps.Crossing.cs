using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Mime;
using MilSwitch.Switching.Acknowledgments;
using MilSwitch.Switching.Boundaries;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps that take a message into another security domain.</summary>
internal static partial class MessageSteps
{
    private const int MostPassages = 64;

    private static readonly Reply Opened = new(250, new EnhancedStatusCode(2, 0, 0), "it was opened at the boundary, as you allow, and protected anew");

    private static readonly Reply Away = new(451, new EnhancedStatusCode(4, 3, 0), "the boundary can't work on it now");

    /// <summary>When something has to be done about a message the next time; null: never by itself.</summary>
    public static DateTimeOffset? NextDeadline(SwitchRuntime runtime, Envelope envelope, ImmutableArray<RecipientStatus> statuses, string? reroute)
    {
        var next = OutcomePolicy.NextDeadline(envelope, statuses, runtime.Configuration.Precedences);
        var settings = runtime.Configuration;
        // Only while it is to come: what was let go afterwards is asked about again when it leaves.
        if (settings.HoldOutOfDate && envelope.Expires is { } expires && expires > runtime.Now && (next is null || expires < next) && statuses.Any(s => !s.State.IsFinal() && !s.State.IsHeld())) next = expires;
        if (settings.Boundaries.IsEmpty && !settings.HasDistributors && settings.Releases.IsEmpty) return next;
        // Who waits for one of these waits in no link.
        var find = Finder(runtime, envelope, reroute);
        var isUnder = settings.Releases.IsUnder(envelope);
        for (var i = 0; i < statuses.Length; i++)
        {
            if (statuses[i] is { State: RecipientState.Queued or RecipientState.Armed, Due: { } due } && (next is null || due < next) && MustPass(settings, envelope, find, i, isUnder)) next = due;
        }

        return next;
    }

    // Recipients in another domain have no link before the message is in their domain.
    private static (IReadOnlyList<int> Here, bool Across) Divide(
        SwitchRuntime runtime, Envelope envelope, ImmutableArray<RecipientStatus> statuses, IEnumerable<int> which, Func<Recipient, LinkSettings?> find)
    {
        var settings = runtime.Configuration;
        var here = new List<int>();
        var isUnder = settings.Releases.IsUnder(envelope);
        var across = false;
        foreach (var index in which)
        {
            if (statuses[index].State is not (RecipientState.Queued or RecipientState.Armed) || !MustPass(settings, envelope, find, index, isUnder)) here.Add(index);
            else across |= statuses[index].Due is not { } due || due <= runtime.Now;
        }

        return (here, across);
    }

    // It takes no link: a boundary, a list, a profiler or the release desk has work to do first.
    // Whether it is under a rule of release is the same for all recipients.
    private static bool MustPass(SwitchConfiguration settings, Envelope envelope, Func<Recipient, LinkSettings?> find, int index, bool isUnder) =>
        isUnder || settings.IsWorkedOn(envelope, index) || (find(envelope.Recipients[index]) is { } link && settings.Boundaries.MustCross(envelope.Domain, link.Domain));

    private sealed partial class Run
    {
        /// <summary>Takes those who are due through their boundary: one domain at a time, and the rest is planned again.</summary>
        public async Task<PartitionEvents.StepDone> CrossAsync()
        {
            try
            {
                return await PassAsync().ConfigureAwait(false);
            }
            finally
            {
                runtime.Crossings.End(step.Id);
            }
        }

        private async Task<PartitionEvents.StepDone> PassAsync()
        {
            if (await ReadAsync().ConfigureAwait(false) is not { } stored) return Vanished();
            var envelope = stored.Envelope;
            var map = runtime.Configuration.Boundaries;
            var find = Finder(runtime, envelope, step.Reroute);
            var isUnder = runtime.Configuration.Releases.IsUnder(envelope);
            var across = Open.Where(i => step.Statuses[i].State is RecipientState.Queued or RecipientState.Armed && MustPass(runtime.Configuration, envelope, find, i, isUnder)).ToArray();
            var due = across.Where(i => step.Statuses[i].Due is not { } at || at <= Now).ToArray();
            if (due.Length is 0) return Done(envelope, step.Statuses, step.State, [], []);
            if (await OutOfDate.ReasonAsync(runtime.Configuration, runtime.Spool, step.Id, envelope, Now).ConfigureAwait(false) is { } late) return await HoldAsync(across, late, AuditKind.Held).ConfigureAwait(false);
            foreach (var index in due)
            {
                if (runtime.Configuration.Releases.IsDesk(envelope.Domain, envelope.Recipients[index].Address)) return await AnswerAsync(stored, index, [.. across.Where(i => i != index)]).ConfigureAwait(false);
            }

            // Before anything else is done with it.
            if (isUnder) return await JudgeReleaseAsync(stored, [.. due], [.. across.Except(due)]).ConfigureAwait(false);
            foreach (var index in due)
            {
                if (runtime.Configuration.DistributorAt(envelope.Domain, envelope.Recipients[index].Address) is not null) return await DistributeAsync(stored, index, [.. across.Where(i => i != index)]).ConfigureAwait(false);
            }

            if (due.Where(i => map.Gateway(envelope.Domain, envelope.Recipients[i].Address) is not null).ToArray() is { Length: > 0 } gateways)
                return await ReachedAsync(envelope, map, gateways, [.. across.Except(gateways)]).ConfigureAwait(false);
            var into = find(envelope.Recipients[due[0]])!.Domain;
            ImmutableArray<int> whom = [.. due.Where(i => find(envelope.Recipients[i])!.Domain == into)];
            var others = across.Except(whom).ToArray();
            if (map.Find(envelope.Domain, into) is not { } boundary)
            {
                var reason = envelope.Domain is null ? "it is in no security domain" : $"no boundary leads from {envelope.Domain} into {into ?? "no domain"}";
                return await CommitAsync(
                    envelope, OutcomePolicy.Set(step.Id, envelope, step.Statuses, whom, RecipientState.Held, AuditKind.Held, reason, null, false, Now), default, others)
                    .ConfigureAwait(false);
            }

            var back = map.Find(into, envelope.Domain);
            // They go nowhere: what comes of them is another message. Whoever else it is for is planned again.
            var awaited = AwaitedBy(back, envelope, whom);
            if (!awaited.IsEmpty)
            {
                others = [.. across.Except(awaited)];
                whom = awaited;
            }

            using var room = await RoomAsync(envelope).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return await HoldAsync(whom, "the content is missing or damaged", AuditKind.Damaged).ConfigureAwait(false);
            var start = new Passage
            {
                Id = step.Id, Next = runtime.NextId(partition.Epoch.Partition), Parent = stored.Parent, Envelope = envelope, Recipients = whom, Boundary = boundary, Configuration = runtime.Configuration, Now = Now, Came = content, MessageIdField = stored.MessageIdField,
                Approvals = await DocumentAsync(BoundaryDocuments.Approvals, BoundaryDocuments.ReadApprovals).ConfigureAwait(false),
            };
            if (!awaited.IsEmpty) return await ReceiveAsync(start, back!, others).ConfigureAwait(false);
            using var span = runtime.Traces.Begin("cross", step.Id).At(envelope.Precedence);
            var crossing = envelope.Precedence.IsUrgent() ? runtime.Crossing.RunAsync(start).AsTask() : runtime.PassageThreads.RunAsync(() => runtime.Crossing.RunAsync(start).AsTask());
            var started = runtime.Time.GetTimestamp();
            var came = await crossing.ConfigureAwait(false);
            span.Came(((came as CrossingOutcome.Ended)?.Decision.Outcome ?? StepOutcome.Go).ToString().ToLowerInvariant());
            runtime.Meters.CountCrossing(boundary.Name, (came as CrossingOutcome.Ended)?.Decision.Outcome ?? StepOutcome.Go, runtime.Time.GetElapsedTime(started));
            return came switch
            {
                CrossingOutcome.Released released => await ReleaseAsync(envelope, stored, released.Message, others).ConfigureAwait(false),
                CrossingOutcome.Ended ended => await EndAsync(envelope, ended, [.. across.Except(ended.Recipients)]).ConfigureAwait(false),
                _ => throw new InvalidOperationException("An unknown outcome of a passage."),
            };
        }

        // Where the boundary itself is addressed the message has arrived, as long as there is somebody for whom it is.
        private async Task<PartitionEvents.StepDone> ReachedAsync(Envelope envelope, BoundaryMap map, int[] gateways, int[] others)
        {
            var boundary = map.Gateway(envelope.Domain, envelope.Recipients[gateways[0]].Address)!;
            var plan = envelope.Recipients.All(r => map.Gateway(envelope.Domain, r.Address) is not null)
                ? OutcomePolicy.Set(step.Id, envelope, step.Statuses, gateways, RecipientState.Held, AuditKind.Held, $"it is for nobody but {boundary.Name} itself", null, false, Now)
                : OutcomePolicy.Cross(step.Id, envelope, step.Statuses, gateways, $"{boundary.Name}: its own address", null, Now);
            return await CommitAsync(envelope, plan, default, others).ConfigureAwait(false);
        }

        private async Task<PartitionEvents.StepDone> EndAsync(Envelope envelope, CrossingOutcome.Ended ended, int[] others, ImmutableArray<AuditEvent> further = default)
        {
            var (decision, passage) = (ended.Decision, ended.Passage);
            var reason = $"{decision.Step}: {string.Join("; ", decision.Reasons)}";
            // A report has nobody to go back to.
            var returns = decision.Outcome is StepOutcome.Return && !envelope.ReversePath.IsNull;
            var plan = decision.Outcome switch
            {
                StepOutcome.Later => OutcomePolicy.Later(step.Id, envelope, step.Statuses, ended.Recipients, Away, runtime.Configuration.Precedences, Now),
                _ when returns => OutcomePolicy.Return(step.Id, envelope, step.Statuses, ended.Recipients, PublicAnswer.Returned, null, Now),
                _ => OutcomePolicy.Set(step.Id, envelope, step.Statuses, ended.Recipients, RecipientState.Held, AuditKind.Held, reason, null, false, Now),
            };
            plan = plan with { Audit = [.. Told(passage), .. further.IsDefault ? [] : further, .. plan.Audit] };
            if (decision.Outcome is StepOutcome.Later) plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Deferred, step.Id, -1, reason), .. plan.Audit] };
            var documents = await DocumentsAsync(passage, decision.Outcome, ended.Recipients, "").ConfigureAwait(false);
            return await CommitAsync(envelope, plan, default, others, documents: documents).ConfigureAwait(false);
        }

        // The copy in the other domain, the end of the recipients in this one, and the evidence are one commit.
        private async Task<PartitionEvents.StepDone> ReleaseAsync(Envelope envelope, StoredMessage stored, ReleasedMessage released, int[] others)
        {
            var passage = released.Passage;
            var id = passage.Next;
            passage = passage.Changed(released.Content, "released", "route", $"it is {id} in {passage.Boundary.To.Name}");
            // A result belongs above the Received field of the host that found it (RFC 8601 §5); who signs anew has readers look at that.
            byte[] trace = [.. passage.Boundary.Sign is null ? passage.Opened!.Result.Span : default, .. TraceFields.Crossed(runtime.Configuration.HostName, id, Now)];
            var tell = passage.Opened is { Encryption: EncryptionState.Opened, Wish.Wish: BoundaryWish.Notify } ? Opened : default(Reply?);
            var plan = OutcomePolicy.Cross(step.Id, envelope, step.Statuses, passage.Recipients, $"{passage.Boundary.Name}: {id}", null, Now, tell);
            var told = plan.Reports.IsEmpty ? [] : await MakeReportsAsync(envelope, plan.Reports, null).ConfigureAwait(false);
            try
            {
                return await CommitCopyAsync(envelope, stored, released, passage, plan, trace, told, others).ConfigureAwait(false);
            }
            finally
            {
                foreach (var report in told) await report.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async Task<PartitionEvents.StepDone> CommitCopyAsync(
            Envelope envelope, StoredMessage stored, ReleasedMessage released, Passage passage, OutcomePlan plan, byte[] trace, ImmutableArray<NewMessage> told, int[] others)
        {
            var id = passage.Next;
            var content = await StageAsync(released.Content).ConfigureAwait(false);
            ImmutableArray<(OriginatorReceipt Receipt, NewMessage Message)> answers = [];
            try
            {
                var expected = Expected(id, released);
                answers = await AnswersAsync(passage.Answers).ConfigureAwait(false);
                var made = new NewMessage(id, released.Envelope, trace, content, stored.MessageIdField, RecipientState.Queued, step.Id);
                var operation = new SpoolOperation(partition.Epoch)
                {
                    Accept = [made, .. answers.Select(a => a.Message), .. told],
                    Recipients = plan.Changes,
                    Messages = plan.Message is { } change && (change.State != step.State || change.DropContent) ? [change] : [],
                    Documents =
                    [
                        .. await DocumentsAsync(passage, StepOutcome.Go, passage.Recipients, id.ToString()).ConfigureAwait(false),
                        .. expected.IsEmpty ? ImmutableArray<StoredDocument>.Empty : [AcknowledgmentDocuments.Write(id, expected)],
                        // Under the copy's id to judge receipts by, under the original's for reports about it.
                        .. passage.Asked is { } asked ? [asked.Write(id), asked.Write(step.Id)] : ImmutableArray<StoredDocument>.Empty,
                        .. passage.Report is null ? [] : answers.TakeLast(1).Select(a => a.Receipt.Asked.Write(a.Receipt.About.Copy)),
                    ],
                    Audit =
                    [
                        .. Told(passage), .. plan.Audit,
                        new AuditEvent(Now, AuditKind.Accepted, id, -1, $"released by {passage.Boundary.Name} from {step.Id}"),
                        .. Given(answers),
                        .. told.Select(t => new AuditEvent(Now, AuditKind.Reported, step.Id, -1, t.Id.ToString())),
                    ],
                };
                if (await CommitWholeAsync(operation, envelope.Precedence).ConfigureAwait(false) is not { } result) return Vanished() with { Fenced = true };
                ImmutableArray<PartitionCommands.TakeOver> spawned = [.. Spawned([made], result), .. Spawned(answers, result), .. Spawned(told, result)];
                foreach (var (recipient, input) in passage.Report?.Acknowledged(Now) ?? []) Note(passage.Report!.Sent!.Id, recipient, input);
                if (!expected.IsEmpty) runtime.Acknowledgments.Actor.Tell(new AcknowledgmentCommands.Expect(id, expected, IsStored: true), ActorRefs.NoSender);
                foreach (var report in told) runtime.Meters.CountReport();
                if (plan.IsDone && step.Reroute is not null) await ForgetRerouteAsync(runtime.Spool, step.Id).ConfigureAwait(false);
                return Done(envelope, plan.Statuses, plan.Message?.State ?? step.State, others, spawned);
            }
            finally
            {
                await content.DisposeAsync().ConfigureAwait(false);
                foreach (var (_, answer) in answers) await answer.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        // What the originator asked to hear of those beyond the boundary.
        private ImmutableArray<Acknowledgment> Expected(MessageId id, ReleasedMessage released)
        {
            var disposition = HeaderBlock.Scan(released.Content, int.MaxValue, int.MaxValue).CountOf("Disposition-Notification-To"u8) > 0 ? ExpectedEvidence.Disposition : ExpectedEvidence.None;
            var passage = released.Passage;
            return
            [
                .. released.Envelope.Recipients.Select((r, i) => new Acknowledgment(
                    id, i, r.Precedence, Now,
                    disposition | (r.Notify.HasFlag(NotifyOptions.Success) ? ExpectedEvidence.Report : 0) | (passage.Asked?.IsAsked(r.Address.Text) is true ? ExpectedEvidence.Receipt : 0))
                {
                    ActionPoint = passage.Boundary.ActionPoint,
                })
                    .Where(a => a.Expected is not ExpectedEvidence.None && !passage.IsReport).Take(AcknowledgmentDocuments.MostRecipients),
            ];
        }

        private IEnumerable<AuditEvent> Told(Passage passage) => passage.Notes.Select(n => new AuditEvent(Now, n.Kind, step.Id, -1, n.Detail));

        private async Task<ImmutableArray<StoredDocument>> DocumentsAsync(Passage passage, StepOutcome outcome, ImmutableArray<int> recipients, string released)
        {
            var record = new CrossingRecord(passage.Boundary.Name, passage.Boundary.From.Name, passage.Boundary.To.Name, Now, recipients, outcome, passage.Decisions, released)
            {
                Label = passage.Label,
            };
            var earlier = await DocumentAsync(BoundaryDocuments.Decisions, BoundaryDocuments.ReadDecisions).ConfigureAwait(false);
            // What waits for a key is tried many times, and each says the same.
            if (outcome is StepOutcome.Later && !earlier.IsEmpty && earlier[^1].Outcome is StepOutcome.Later) earlier = earlier.RemoveAt(earlier.Length - 1);
            if (earlier.Length >= MostPassages) earlier = earlier[^(MostPassages - 1)..];
            var id = step.Id.ToString();
            var decisions = new StoredDocument(BoundaryDocuments.Decisions, id, BoundaryDocuments.Write(earlier.Add(record)));
            if (released.Length is 0) return [decisions];
            var custody = await DocumentAsync(BoundaryDocuments.Custody, BoundaryDocuments.ReadCustody).ConfigureAwait(false);
            foreach (var one in passage.Custody) custody = CustodyChain.Append(custody, one);
            return [decisions, new StoredDocument(BoundaryDocuments.Custody, id, BoundaryDocuments.Write(custody))];
        }

        private async Task<ImmutableArray<T>> DocumentAsync<T>(string kind, Func<string, ImmutableArray<T>> read)
        {
            try
            {
                return await runtime.Spool.ReadDocumentAsync(kind, step.Id.ToString()).ConfigureAwait(false) is { } json ? read(json) : [];
            }
            catch (JsonException)
            {
                // What can't be read approves nothing, and is written anew.
                return [];
            }
        }

        private async Task<ReadOnlyMemory<byte>?> ContentAsync()
        {
            try
            {
                await using var reader = await runtime.Spool.OpenContentAsync(step.Id).ConfigureAwait(false);
                return reader is null ? null : (await Octets.ReadAllAsync(reader, CancellationToken.None).ConfigureAwait(false)).ToArray();
            }
            catch (ContentDamagedException)
            {
                return null;
            }
        }

        private async Task<StagedContent> StageAsync(ReadOnlyMemory<byte> octets)
        {
            var writer = runtime.Spool.CreateContent();
            await using (writer.ConfigureAwait(false))
            {
                await writer.WriteAsync(octets).ConfigureAwait(false);
                return await writer.CompleteAsync().ConfigureAwait(false);
            }
        }
    }
}
