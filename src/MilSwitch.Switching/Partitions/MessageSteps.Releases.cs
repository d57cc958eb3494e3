using System.Collections.Immutable;
using System.Text.Json;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Releases;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Releases;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps of draft and release (RFC 7912).</summary>
internal static partial class MessageSteps
{
    private static readonly TimeSpan DeskPatience = TimeSpan.FromSeconds(30);

    private static readonly Reply Unreleased = new(550, new EnhancedStatusCode(5, 7, 1), "it is not released");

    private static readonly Reply DeskAway = new(451, new EnhancedStatusCode(4, 3, 0), "the release desk can't work on it now");

    private static readonly Reply Counted = new(250, new EnhancedStatusCode(2, 0, 0), "what was said counts");

    private sealed partial class Run
    {
        /// <summary>Is it released? What is goes on as another message; what is not waits, and those who may release it are asked.</summary>
        /// <param name="stored">A message of which a rule may be.</param>
        /// <param name="whom">Its recipients that are neither final nor the desk.</param>
        /// <param name="others">Who is planned again.</param>
        private async Task<PartitionEvents.StepDone> JudgeReleaseAsync(StoredMessage stored, ImmutableArray<int> whom, int[] others)
        {
            var policy = runtime.JudgedBy;
            var configuration = runtime.Configuration;
            var settings = configuration.Releases;
            var envelope = stored.Envelope;
            using var room = await runtime.ProtectionRoom
                .TakeAsync(step.Size, configuration.Budgets.ProtectionInMemory, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return await HoldAsync(whom, "the content is missing or damaged", AuditKind.Damaged).ConfigureAwait(false);
            var (opened, away) = await ReviewAsync(settings, content, envelope).ConfigureAwait(false);
            if (away is not null) return await WaitAsync(envelope, whom, away, others).ConfigureAwait(false);
            var subject = ReleaseReading.Of(stored, content, opened, configuration);
            switch (ReleasePolicy.Judge(settings, envelope, subject))
            {
                case ReleaseDecision.NotNeeded:
                    return await PassOnAsync(stored, whom, content, opened, "no release is needed", "", null, policy, others).ConfigureAwait(false);
                case ReleaseDecision.Released released:
                    var by = string.Join(", ", released.By.Select(b => b.Text));
                    return await PassOnAsync(stored, whom, content, opened, $"{released.Rule.Name}: released by {by}, as the message shows", released.Rule.Name, null, policy, others).ConfigureAwait(false);
                case ReleaseDecision.Unreleased unreleased:
                    return await DraftAsync(stored, whom, content, opened, subject, unreleased, policy, others).ConfigureAwait(false);
                case ReleaseDecision.Refuse refuse:
                    return await RefuseReleaseAsync(envelope, whom, refuse.Reason, others).ConfigureAwait(false);
                case ReleaseDecision.Hold hold:
                    return await SetHeldAsync(envelope, whom, "release: " + hold.Reason, others).ConfigureAwait(false);
                default:
                    throw new InvalidOperationException("An unknown decision.");
            }
        }

        private async Task<PartitionEvents.StepDone> DraftAsync(
            StoredMessage stored, ImmutableArray<int> whom, ReadOnlyMemory<byte> content, OpenedMessage? opened, ReleaseSubject subject, ReleaseDecision.Unreleased unreleased, long? policy, int[] others)
        {
            var (settings, rule, envelope) = (runtime.Configuration.Releases, unreleased.Rule, stored.Envelope);
            if (rule.Otherwise is UnreleasedAction.Return) return await RefuseReleaseAsync(envelope, whom, $"{rule.Name}: nobody who has to has released it", others).ConfigureAwait(false);
            var progress = new ReleaseProgress(
                rule.Name, ReleaseReading.DigestOf(content), [.. subject.Authors.Select(a => a.Text)], [.. unreleased.By.Select(b => b.Text)], [], []);
            // Let go by an operator and judged anew: what was said about the same content counts.
            if (await ReleaseProgressAsync().ConfigureAwait(false) is { } before && before.Rule == progress.Rule && before.Digest == progress.Digest)
                progress = progress with { Given = [.. before.Given.Where(g => rule.Authorities.Any(a => a.Address.Text == g.Address))], Asked = before.Asked };
            if (rule.Otherwise is UnreleasedAction.Hold) return await SetHeldAsync(envelope, whom, ReleasePolicy.Describe(rule, progress), others, ReleaseDocuments.Write(step.Id, progress)).ConfigureAwait(false);
            var (requests, asked, fault) = await AskForReviewAsync(settings, rule, progress, stored, whom, content, opened).ConfigureAwait(false);
            try
            {
                if (fault is DepartureOutcome.Unavailable away) return await WaitAsync(envelope, whom, away.Reason, others).ConfigureAwait(false);
                if (fault is DepartureOutcome.Impossible never) return await SetHeldAsync(envelope, whom, "release: " + never.Reason, others, ReleaseDocuments.Write(step.Id, progress)).ConfigureAwait(false);
                var reason = ReleasePolicy.Describe(rule, asked);
                var plan = OutcomePolicy.Set(step.Id, envelope, step.Statuses, whom, RecipientState.Held, AuditKind.Drafted, reason, null, false, Now);
                plan = plan with { Audit = [.. plan.Audit, .. Asked(requests)] };
                return await CommitAsync(envelope, plan, default, others, documents: [ReleaseDocuments.Write(step.Id, asked)], copies: requests, policy: policy).ConfigureAwait(false);
            }
            finally
            {
                foreach (var request in requests) await request.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        /// <summary>An answer came to the desk by mail.</summary>
        private async Task<PartitionEvents.StepDone> AnswerAsync(StoredMessage stored, int index, int[] others)
        {
            var settings = runtime.Configuration.Releases;
            var envelope = stored.Envelope;
            // A report about what the desk asked, or another automaton: a person looks, and nothing is answered.
            if (envelope.ReversePath.IsNull) return await SetHeldAsync(envelope, [index], "a report came to the release desk", others).ConfigureAwait(false);
            using var room = await runtime.ProtectionRoom
                .TakeAsync(step.Size, runtime.Configuration.Budgets.ProtectionInMemory, envelope.Precedence, CancellationToken.None).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return await HoldAsync([index], "the content is missing or damaged", AuditKind.Damaged).ConfigureAwait(false);
            var (opened, away) = await ReviewAsync(settings, content, envelope).ConfigureAwait(false);
            if (away is not null) return await WaitAsync(envelope, [index], away, others).ConfigureAwait(false);
            var subject = ReleaseReading.Of(stored, content, opened, runtime.Configuration);
            if (opened is not { Fault: null, Signature.State: SignatureState.Good, Encryption: EncryptionState.None or EncryptionState.Opened }) return await Refused("it is not signed well, or can't be read").ConfigureAwait(false);
            if (subject.Authors is not [var author] || !opened.Signature.Addresses.Contains(author.Text, StringComparer.OrdinalIgnoreCase)) return await Refused("its signature is not of the one address in From").ConfigureAwait(false);
            if (!ReviewAnswer.TryRead(opened.Content, out var answer, out var fault)) return await Refused(fault).ConfigureAwait(false);
            var note = answer.Note.Length > 0 ? answer.Note : answer.IsRelease ? "released by a signed answer" : "rejected by a signed answer";
            var who = new OperatorIdentity(author.Text, $"mail:{step.Id}");
            HoldingOrder order = answer.IsRelease
                ? new HoldingOrder.Authorise(author, IsSigned: true, answer.Digest, step.Id.ToString(), note)
                : new HoldingOrder.RejectDraft(author, IsSigned: true, answer.Digest, step.Id.ToString(), answer.Note.Length > 0 ? answer.Note : null, note);
            HoldingResult result;
            try
            {
                result = await runtime.Owners.JudgeAsync(answer.Draft, order, who, DeskPatience, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Akka.Actor.AskTimeoutException)
            {
                return await WaitAsync(envelope, [index], "the owner of the draft does not answer", others).ConfigureAwait(false);
            }

            switch (result.Outcome)
            {
                case HoldingOutcome.Failed:
                    return await WaitAsync(envelope, [index], result.Text, others).ConfigureAwait(false);
                // It counted, and a crash came before this was known here: the trail of the draft names this answer.
                case HoldingOutcome.Done or HoldingOutcome.ApprovalNeeded:
                case HoldingOutcome.Conflict when (await runtime.Spool.ReadAuditAsync(answer.Draft).ConfigureAwait(false)).Any(a => a.Kind is AuditKind.Authorised or AuditKind.Rejected && a.Detail.Contains(step.Id.ToString(), StringComparison.Ordinal)):
                    var plan = OutcomePolicy.Take(step.Id, envelope, step.Statuses, index, AuditKind.Authorised, $"{answer.Draft}: {result.Text}", Counted, Now);
                    return await CommitAsync(envelope, plan, default, others).ConfigureAwait(false);
                default:
                    return await Refused($"{answer.Draft}: {result.Text}").ConfigureAwait(false);
            }

            Task<PartitionEvents.StepDone> Refused(string reason) => RefuseReleaseAsync(envelope, [index], "release desk: " + reason, others, reason);
        }

        /// <summary>A person who may release, or reject, says something about a draft.</summary>
        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> AuthoriseAsync(StoredMessage stored, ImmutableArray<int> held, HoldingOrder.Authorise order, OperatorIdentity who)
        {
            var settings = runtime.Configuration.Releases;
            var policy = runtime.JudgedBy;
            if (await ReleaseProgressAsync().ConfigureAwait(false) is not { } progress) return Conflict("it is no draft that waits for its release");
            if (settings.Find(progress.Rule) is not { } rule) return Conflict($"the rule {progress.Rule} is no longer in force: let it go, and it is judged anew");
            switch (ReleasePolicy.Authorise(rule, progress, order.Address, order.IsSigned, order.Digest, new ReleaseWord("", who.Name, Now, order.Evidence, order.Reason)))
            {
                case ReleaseOutcome.Refused refused:
                    return Conflict(refused.Reason);
                case ReleaseOutcome.Known:
                    return (new HoldingResult(HoldingOutcome.ApprovalNeeded, "counted before") { Needed = rule.Required, Given = progress.By }, null);
                case ReleaseOutcome.Counted counted:
                    using (await runtime.ProtectionRoom.TakeAsync(step.Size, runtime.Configuration.Budgets.ProtectionInMemory, stored.Envelope.Precedence, CancellationToken.None).ConfigureAwait(false))
                        return await CountAsync(settings, rule, counted, stored, held, order, who, policy).ConfigureAwait(false);
                default:
                    throw new InvalidOperationException("An unknown outcome.");
            }
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> CountAsync(
            ReleaseSettings settings, DraftRule rule, ReleaseOutcome.Counted counted, StoredMessage stored, ImmutableArray<int> held, HoldingOrder.Authorise order, OperatorIdentity who, long? policy)
        {
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return Refused("its content is missing or damaged");
            // What was said is about these octets and no others.
            if (ReleaseReading.DigestOf(content) != counted.Progress.Digest) return Refused("its content is another than the one that is to be released");
            var said = new AuditEvent(Now, AuditKind.Authorised, step.Id, -1, $"{rule.Name}: {counted.Progress.Given[^1].Address}{(order.Evidence.Length > 0 ? ", by " + order.Evidence : "")}: {order.Reason}", who.Name);
            return counted.IsComplete
                ? await CompleteAsync(settings, rule, counted.Progress, stored, held, content, said, who, policy).ConfigureAwait(false)
                : await GoOnAsync(settings, rule, counted.Progress, stored, held, content, said).ConfigureAwait(false);
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> RejectDraftAsync(
            StoredMessage stored, ImmutableArray<int> held, ImmutableArray<HeldStep> steps, HoldingOrder.RejectDraft order, OperatorIdentity who)
        {
            if (await ReleaseProgressAsync().ConfigureAwait(false) is not { } progress || runtime.Configuration.Releases.Find(progress.Rule) is not { } rule) return Conflict("it is no draft that waits for its release");
            if (!steps.IsEmpty) return Conflict("a boundary holds it");
            if (order.Digest is { } digest && !digest.Equals(progress.Digest, StringComparison.OrdinalIgnoreCase)) return Conflict("what was said is about another content than that of this draft");
            if (!rule.Authorities.Any(a => (order.Address is null || a.Address == order.Address) && (order.IsSigned || a.Accounts.Contains(who.Name, StringComparer.Ordinal)))) return Conflict($"{order.Address?.Text ?? who.Name} may not decide about it");
            return await RejectAsync(stored, held, new HoldingOrder.Reject(order.Text, $"{rule.Name}{(order.Evidence.Length > 0 ? ", by " + order.Evidence : "")}: {order.Reason}"), who).ConfigureAwait(false);
        }

        // It counts, and others have to as well.
        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> GoOnAsync(
            ReleaseSettings settings, DraftRule rule, ReleaseProgress progress, StoredMessage stored, ImmutableArray<int> held, ReadOnlyMemory<byte> content, AuditEvent said)
        {
            var envelope = stored.Envelope;
            var (opened, away) = await ReviewAsync(settings, content, envelope).ConfigureAwait(false);
            if (away is not null) return (new HoldingResult(HoldingOutcome.Failed, away), null);
            var (requests, asked, fault) = rule.Otherwise is UnreleasedAction.Draft ? await AskForReviewAsync(settings, rule, progress, stored, held, content, opened).ConfigureAwait(false) : ([], progress, null);
            try
            {
                if (fault is DepartureOutcome.Unavailable later) return (new HoldingResult(HoldingOutcome.Failed, later.Reason), null);
                if (fault is DepartureOutcome.Impossible never) return Refused(never.Reason);
                var plan = OutcomePolicy.Set(step.Id, envelope, step.Statuses, held, RecipientState.Held, AuditKind.Drafted, ReleasePolicy.Describe(rule, asked), null, false, Now);
                plan = plan with { Audit = [said, .. plan.Audit, .. Asked(requests)] };
                var done = await CommitAsync(envelope, plan, default, [], documents: [ReleaseDocuments.Write(step.Id, asked)], copies: requests).ConfigureAwait(false);
                return (new HoldingResult(HoldingOutcome.ApprovalNeeded, "recorded; " + ReleasePolicy.Describe(rule, asked)) { Needed = rule.Required, Given = asked.By }, done);
            }
            finally
            {
                foreach (var request in requests) await request.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> CompleteAsync(
            ReleaseSettings settings, DraftRule rule, ReleaseProgress progress, StoredMessage stored, ImmutableArray<int> held, ReadOnlyMemory<byte> content, AuditEvent said, OperatorIdentity who, long? policy)
        {
            var (opened, away) = await ReviewAsync(settings, content, stored.Envelope).ConfigureAwait(false);
            if (away is not null) return (new HoldingResult(HoldingOutcome.Failed, away), null);
            var made = await MakeReleasedAsync(settings, progress, stored.Envelope, content, opened).ConfigureAwait(false);
            if (made.Fault is DepartureOutcome.Unavailable later) return (new HoldingResult(HoldingOutcome.Failed, later.Reason), null);
            if (made.Fault is DepartureOutcome.Impossible never) return Refused(never.Reason);
            var by = string.Join(", ", progress.By);
            var done = await PassOnAsync(
                stored, held, made.Content, opened, $"{rule.Name}: released by {by}", rule.Name, new Release([said, .. made.Notes.Select(n => new AuditEvent(Now, n.Kind, step.Id, -1, n.Detail))], ReleaseDocuments.Write(step.Id, progress), who.Name), policy, [])
                .ConfigureAwait(false);
            return (new HoldingResult(HoldingOutcome.Done, "released") { Needed = rule.Required, Given = progress.By, Made = done.Spawned.IsDefaultOrEmpty ? null : done.Spawned[0].Id }, done);
        }

        /// <summary>What is committed with a release that the desk gave.</summary>
        private sealed record Release(ImmutableArray<AuditEvent> Audit, StoredDocument Document, string Who);

        // What was released is another message: nothing that a rule of this kind is about, with what it came from behind it.
        private async Task<PartitionEvents.StepDone> PassOnAsync(
            StoredMessage stored, ImmutableArray<int> whom, ReadOnlyMemory<byte> octets, OpenedMessage? opened, string detail, string rule, Release? release, long? policy, int[] others)
        {
            var envelope = stored.Envelope;
            var id = runtime.NextId(partition.Epoch.Partition);
            var replay = opened is { ReplayKey.IsEmpty: false } && release is null && rule.Length > 0 ? Convert.ToHexString(opened.ReplayKey.Span) : null;
            var recipients = whom.Select(i => envelope.Recipients[i] with
            {
                // The one that came has the other key. What was released once is not released again by sending it again.
                DuplicateKey = replay is null || !runtime.Configuration.Duplicates.Enabled ? null : DuplicateKey.Of(ReversePath.Null, "release", replay, [], envelope.Recipients[i].Address),
            }).ToImmutableArray();
            var next = envelope with
            {
                Recipients = recipients,
                Precedence = recipients.Max(r => r.Precedence),
                // What a person let go has the time of its level once more.
                ArrivedAt = release is null ? envelope.ArrivedAt : Now,
                Body = release is null || envelope.Body is BodyType.BinaryMime ? envelope.Body : DeliveryReport.BodyOf(octets.Span),
                Origin = envelope.Origin with { Listener = Origin.Release + rule },
            };
            if (release is not null) next = MilitaryEnvelope.With(next, HeaderBlock.Scan(octets, runtime.Configuration.Content.MaximumHeaderOctets, runtime.Configuration.Content.MaximumHeaderFields));
            await using var content = await StageAsync(octets).ConfigureAwait(false);
            byte[] trace = [.. TraceFields.Crossed(runtime.Configuration.HostName, id, Now), .. stored.Trace.Span];
            var made = new NewMessage(id, next, trace, content, stored.MessageIdField, RecipientState.Queued, step.Id);
            var plan = OutcomePolicy.Cross(step.Id, envelope, step.Statuses, whom, $"{detail}: {id}", release?.Who, Now, kind: rule.Length > 0 ? AuditKind.Authorised : AuditKind.Verified);
            plan = plan with { Audit = [.. release?.Audit ?? [], .. plan.Audit, new AuditEvent(Now, AuditKind.Accepted, id, -1, $"{detail}, from {step.Id}")] };
            return await CommitAsync(envelope, plan, default, others, documents: release is null ? default : [release.Document], copies: [made], policy: policy).ConfigureAwait(false);
        }

        /// <summary>The octets that leave after a release, or why there are none.</summary>
        private sealed record MakingReleased(ReadOnlyMemory<byte> Content, ImmutableArray<ProtectionNote> Notes, DepartureOutcome? Fault);

        private async Task<MakingReleased> MakeReleasedAsync(ReleaseSettings settings, ReleaseProgress progress, Envelope envelope, ReadOnlyMemory<byte> content, OpenedMessage? opened)
        {
            ImmutableArray<Mailbox> by = [.. progress.Shown.Select(Mailbox.Parse), .. progress.Given.Select(g => settings.ShownAs ?? Mailbox.Parse(g.Address))];
            by = [.. by.Distinct()];
            // A time that the author's signature covers stays: another would make it a message that somebody changed.
            var made = await MakeReleasedAsync(settings, envelope, content, opened, by, Now).ConfigureAwait(false);
            return made.Fault is DepartureOutcome.Impossible ? await MakeReleasedAsync(settings, envelope, content, opened, by, null).ConfigureAwait(false) : made;
        }

        private async Task<MakingReleased> MakeReleasedAsync(ReleaseSettings settings, Envelope envelope, ReadOnlyMemory<byte> content, OpenedMessage? opened, ImmutableArray<Mailbox> by, DateTimeOffset? time)
        {
            ReadOnlyMemory<byte> released;
            try
            {
                released = ReleaseFields.Write(content, by, time);
            }
            catch (FormatException fault)
            {
                return Never(fault.Message);
            }

            ImmutableArray<ProtectionNote> notes = [];
            if (settings.Sign is { } sign)
            {
                if (runtime.Protection is not { } protection) return Never("nothing in this node signs");
                // The outer signature says of the label what the inner one does (RFC 2634 §3.1.2).
                var labels = (envelope.Label?.Encoded ?? opened?.Labels.LastOrDefault(l => l.IsBelieved)?.Encoded) is { } encoded ? new DepartureLabels(released, encoded, [], []) : null;
                switch (await protection.ProtectAsync(released, new DepartureProtection { Sign = sign }, [], labels, envelope.Precedence, CancellationToken.None).ConfigureAwait(false))
                {
                    case DepartureOutcome.Protected done:
                        (released, notes) = (done.Content, done.Notes);
                        break;
                    case var fault:
                        return new MakingReleased(default, [], fault);
                }
            }

            // It has to be what the border asks for: nothing leaves that would be refused there.
            if (settings.Opening is not null)
            {
                var (check, away) = await ReviewAsync(settings, released, envelope).ConfigureAwait(false);
                if (away is not null) return new MakingReleased(default, [], new DepartureOutcome.Unavailable(away));
                if (check!.Fault is { } broken) return Never("released it would be no sound message: " + broken);
                if (check.Signature.State is SignatureState.Bad) return Never("released its signatures would not be believed: " + check.Signature.Reason);
                if (check.Differences.FirstOrDefault(d => d.Weight is DifferenceWeight.Blocking) is { Field: { } field }) return Never($"released its {field} would not be the one that was signed");
                if (settings.Sign is not null && by.FirstOrDefault(b => !check.Signature.Addresses.Contains(b.Text, StringComparer.OrdinalIgnoreCase)) is { } nobody)
                    return Never($"released it would name {nobody.Text} and bear no signature of that address");
            }

            return new MakingReleased(released, notes, null);

            static MakingReleased Never(string reason) => new(default, [], new DepartureOutcome.Impossible(reason, []));
        }

        // The requests that go out now. The caller disposes their contents.
        private async Task<(ImmutableArray<NewMessage> Requests, ReleaseProgress Asked, DepartureOutcome? Fault)> AskForReviewAsync(
            ReleaseSettings settings, DraftRule rule, ReleaseProgress progress, StoredMessage stored, ImmutableArray<int> whom, ReadOnlyMemory<byte> content, OpenedMessage? opened)
        {
            var ask = ReleasePolicy.ToAsk(rule, progress);
            if (settings.Desk is not { } desk || ask.IsEmpty) return ([], progress, null);
            var envelope = stored.Envelope;
            ReadOnlyMemory<byte> draft = content;
            if (opened is { Encryption: EncryptionState.Opened } && settings.Encrypt is { } encrypt)
            {
                if (runtime.Protection is not { } protection) return ([], progress, new DepartureOutcome.Impossible("nothing in this node encrypts", []));
                // RFC 7912 §3.3.1: who is to review it can read it, and nobody else.
                switch (await protection.ProtectAsync(opened.Content, new DepartureProtection { Encrypt = encrypt, Kept = opened.Kept }, ask, null, envelope.Precedence, CancellationToken.None).ConfigureAwait(false))
                {
                    case DepartureOutcome.Protected done:
                        draft = done.Content;
                        break;
                    case var fault:
                        return ([], progress, fault);
                }
            }

            var id = runtime.NextId(partition.Epoch.Partition);
            var asked = progress with { Asked = [.. progress.Asked, .. ask.Select(a => a.Text)] };
            var octets = new ReviewRequest
            {
                Id = id, Draft = step.Id, Digest = progress.Digest, Desk = desk, To = ask, Drafter = envelope.ReversePath.ToString(),
                Recipients = [.. whom.Select(i => envelope.Recipients[i].Address.Text)], State = ReleasePolicy.Describe(rule, asked), Host = runtime.Configuration.HostName, Now = Now, Content = draft, IsBinary = envelope.Body is BodyType.BinaryMime,
            }.Write();
            var request = envelope with
            {
                // What becomes of it is nobody's affair but the operator's: the draft waits in the holding centre.
                ReversePath = ReversePath.Null,
                Recipients = [.. ask.Select(a => new Recipient(a) { Notify = NotifyOptions.Never, Precedence = envelope.Precedence, Priority = envelope.Priority })],
                Body = envelope.Body is BodyType.BinaryMime ? BodyType.BinaryMime : DeliveryReport.BodyOf(octets),
                SmtpUtf8 = envelope.SmtpUtf8 || ask.Any(a => a.NeedsUtf8) || desk.NeedsUtf8,
                EnvelopeId = null, Return = DsnReturn.Unspecified, DeliverBy = null, HoldUntil = null, Tracking = null, Expires = null, Supersedes = null, MilitaryFields = null, ArrivedAt = Now,
                Origin = new Origin { Listener = Origin.Release + rule.Name },
            };
            return ([new NewMessage(id, request, TraceFields.Crossed(runtime.Configuration.HostName, id, Now), await StageAsync(octets).ConfigureAwait(false), null, RecipientState.Queued, step.Id)], asked, null);
        }

        private IEnumerable<AuditEvent> Asked(ImmutableArray<NewMessage> requests) => requests.SelectMany(r => (AuditEvent[])
        [
            new AuditEvent(Now, AuditKind.Reported, step.Id, -1, $"{r.Id} asks for its release: {string.Join(", ", r.Envelope.Recipients.Select(a => a.Address.Text))}"),
            new AuditEvent(Now, AuditKind.Accepted, r.Id, -1, $"asks for the release of {step.Id}"),
        ]);

        // Null and why: try later.
        private async Task<(OpenedMessage? Opened, string? Away)> ReviewAsync(ReleaseSettings settings, ReadOnlyMemory<byte> content, Envelope envelope)
        {
            if (settings.Opening is not { } opening) return (null, null);
            if (runtime.BoundaryProtection is not { } protection) return (null, "nothing in this node takes protection off");
            return await protection.OpenAsync(content, opening, envelope.Precedence, CancellationToken.None).ConfigureAwait(false) switch
            {
                OpeningOutcome.Unavailable away => (null, away.Reason),
                OpeningOutcome.Read read => (read.Message, null),
                _ => throw new InvalidOperationException("An unknown outcome."),
            };
        }

        private async Task<PartitionEvents.StepDone> RefuseReleaseAsync(Envelope envelope, ImmutableArray<int> whom, string reason, int[] others, string? told = null)
        {
            // A report has nobody to go back to.
            if (envelope.ReversePath.IsNull) return await SetHeldAsync(envelope, whom, "release: " + reason, others).ConfigureAwait(false);
            var plan = OutcomePolicy.Return(step.Id, envelope, step.Statuses, whom, Unreleased with { Text = told ?? reason }, null, Now);
            plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Rejected, step.Id, -1, "release: " + reason), .. plan.Audit] };
            return await CommitAsync(envelope, plan, default, others).ConfigureAwait(false);
        }

        private async Task<PartitionEvents.StepDone> SetHeldAsync(Envelope envelope, ImmutableArray<int> whom, string reason, int[] others, params ImmutableArray<StoredDocument> documents) => await CommitAsync(
            envelope, OutcomePolicy.Set(step.Id, envelope, step.Statuses, whom, RecipientState.Held, AuditKind.Held, reason, null, false, Now), default, others, documents: documents).ConfigureAwait(false);

        private async Task<PartitionEvents.StepDone> WaitAsync(Envelope envelope, ImmutableArray<int> whom, string reason, int[] others)
        {
            var plan = OutcomePolicy.Later(step.Id, envelope, step.Statuses, whom, DeskAway, runtime.Configuration.Precedences, Now);
            plan = plan with { Audit = [new AuditEvent(Now, AuditKind.Deferred, step.Id, -1, "release: " + reason), .. plan.Audit] };
            return await CommitAsync(envelope, plan, default, others).ConfigureAwait(false);
        }

        private async Task<ReleaseProgress?> ReleaseProgressAsync()
        {
            try
            {
                return await runtime.Spool.ReadDocumentAsync(ReleaseDocuments.Kind, step.Id.ToString()).ConfigureAwait(false) is { } json ? ReleaseDocuments.Read(json) : null;
            }
            catch (JsonException)
            {
                // What can't be read releases nothing.
                return null;
            }
        }
    }
}
