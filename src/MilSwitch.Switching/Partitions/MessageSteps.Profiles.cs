using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;
using MilSwitch.Switching.Lists;
using MilSwitch.Switching.Profiling;

namespace MilSwitch.Switching.Partitions;

/// <summary>The steps that distribute a message by the profiler's plan, or by a person's word.</summary>
internal static partial class MessageSteps
{
    /// <summary>Name of the trace field that tells an addressee why it gets the message: <c>action</c> or <c>info</c>.</summary>
    private const string ProfiledField = "X-MilSwitch-Profiled";

    /// <summary>A profiling address waits for a person.</summary>
    public static bool IsUnprofiled(SwitchRuntime runtime, Envelope envelope, ImmutableArray<RecipientStatus> statuses)
    {
        var profilers = runtime.Configuration.Profilers;
        // A draft waits for its release first.
        if (profilers.IsEmpty || runtime.Configuration.Releases.IsUnder(envelope)) return false;
        for (var i = 0; i < statuses.Length; i++)
        {
            if (statuses[i].State.IsHeld() && profilers.Find(envelope.Domain, envelope.Recipients[i].Address) is not null) return true;
        }

        return false;
    }

    private sealed partial class Run
    {
        /// <summary>All copies and the end of the profiling address are one commit. Whoever gets nothing by rule waits for a person, whole.</summary>
        /// <param name="policy">The version of the settings, read before them.</param>
        private async Task<PartitionEvents.StepDone> ProfileAsync(
            StoredMessage stored, int index, int[] others, ProfilingAddress address, SwitchConfiguration configuration, long? policy)
        {
            var envelope = stored.Envelope;
            var choice = runtime.Plan;
            using var room = await RoomAsync(envelope).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return await HoldAsync([index], "the content is missing or damaged", AuditKind.Damaged).ConfigureAwait(false);
            var lineage = await ListLineage.OfAsync(runtime.Spool, stored).ConfigureAwait(false);
            var (seen, away) = await SeeAsync(address, envelope, content).ConfigureAwait(false);
            if (away is not null) return await LaterAsync(envelope, index, away, others).ConfigureAwait(false);
            if (seen.Fault is { } fault) return await HoldListAsync(envelope, index, $"{address.Address.Text}: unprofiled ({UnprofiledReason.Unreadable.Word()}): {fault}", others).ConfigureAwait(false);
            var (subject, facts) = ProfileReading.Of(stored, index, lineage, content, seen.Opened, configuration);
            var plan = choice?.Plan ?? configuration.Profilers.Plans.InForce.Name;
            var decision = ProfilePolicy.Judge(
                address, subject, facts, configuration.Profilers.InForce(choice), plan, Now);
            if (decision.Unprofiled is { } reason)
                return await HoldListAsync(envelope, index, $"{address.Address.Text}: unprofiled ({reason.Word()}): {decision.Detail}", others).ConfigureAwait(false);

            var trail = ProfilePolicy.Trail(decision, plan, configuration.Profilers.Plans.Version, seen.Opened is not null);
            var writing = new Distribution(address, stored, index, lineage, facts, content, decision.Addressees) { Notes = seen.Opened?.Notes ?? [] };
            var (_, done) = await PassOnAsync(writing, configuration, new AuditEvent(Now, AuditKind.Profiled, step.Id, index, $"{address.Address.Text}: {trail}"), others, policy).ConfigureAwait(false);
            return done;
        }

        /// <summary>A person says who gets what no rule distributed.</summary>
        private async ValueTask<(HoldingResult Result, PartitionEvents.StepDone? Done)> AssignAsync(
            StoredMessage stored, ImmutableArray<int> held, HoldingOrder.Assign order, OperatorIdentity who)
        {
            var configuration = runtime.Configuration;
            var envelope = stored.Envelope;
            ImmutableArray<int> waiting = [.. held.Where(i => configuration.Profilers.Find(envelope.Domain, envelope.Recipients[i].Address) is not null)];
            if (waiting.IsEmpty) return Conflict("no profiling address of it is held");
            if (configuration.Releases.IsUnder(envelope)) return Conflict("it has to be released first");
            var index = waiting[0];
            var address = configuration.Profilers.Find(envelope.Domain, envelope.Recipients[index].Address)!;
            ImmutableArray<ProfileAddressee> addressees =
                [.. order.Action.Select(m => new ProfileAddressee(m, ProfileRole.Action)), .. order.Information.Select(m => new ProfileAddressee(m, ProfileRole.Information))];
            using var room = await RoomAsync(envelope).ConfigureAwait(false);
            if (await ContentAsync().ConfigureAwait(false) is not { } content) return Refused("its content is missing or damaged");
            var lineage = await ListLineage.OfAsync(runtime.Spool, stored).ConfigureAwait(false);
            // Whom the originator exempted may stand inside; what does not open hides it from the person as well.
            var (seen, away) = await SeeAsync(address, envelope, content).ConfigureAwait(false);
            if (away is not null) return Refused(away);
            var (subject, facts) = ProfileReading.Of(stored, index, lineage, content, seen.Opened, configuration);
            if (WrongWith(addressees, address, envelope.Domain, facts, subject, configuration) is { } wrong) return Refused(wrong);
            var writing = new Distribution(address, stored, index, lineage, facts, content, addressees) { Notes = seen.Opened?.Notes ?? [] };
            var audit = new AuditEvent(Now, AuditKind.Assigned, step.Id, index, $"{address.Address.Text}: {order.Reason}", who.Name);
            var (made, done) = await PassOnAsync(writing, configuration, audit, [], policy: null).ConfigureAwait(false);
            var rest = waiting.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"; {waiting.Length - 1} more of its profiling addresses wait") : "";
            return (new HoldingResult(HoldingOutcome.Done, $"assigned: {made}{rest}") { Given = [who.Name] }, done);
        }

        private static string? WrongWith(
            ImmutableArray<ProfileAddressee> addressees, ProfilingAddress address, string? domain, ProfileSubject facts, ListSubject subject, SwitchConfiguration configuration)
        {
            if (addressees.Length is 0 or > HoldingOrder.Assign.Most) return string.Create(CultureInfo.InvariantCulture, $"name 1 to {HoldingOrder.Assign.Most} addressees");
            if (addressees.GroupBy(a => a.Mailbox).FirstOrDefault(g => g.Count() > 1) is { } twice) return $"{twice.Key.Text} is named twice";
            var exempted = ListPolicy.Exempted(subject.Exempted);
            foreach (var (mailbox, role) in addressees)
            {
                if (mailbox == address.Address) return $"{mailbox.Text} is the profiling address itself";
                if (role is ProfileRole.Action && facts.Role is ProfileRole.Information) return "the profiler was only informed: nobody acts on it";
                if (exempted.Contains(mailbox.Text)) return $"{mailbox.Text} is exempted by its originator";
                if (configuration.DistributorAt(domain, mailbox) is null && configuration.Routes.Find(configuration.Resolve(new Recipient(mailbox)).Address) is null) return $"no route takes {mailbox.Text}";
            }

            return null;
        }

        /// <summary>What is passed on to whom.</summary>
        private sealed record Distribution(
            ProfilingAddress Address, StoredMessage Stored, int Index, ListLineage Lineage, ProfileSubject Facts, ReadOnlyMemory<byte> Content, ImmutableArray<ProfileAddressee> Addressees)
        {
            /// <summary>What was opened to be looked at.</summary>
            public ImmutableArray<ProtectionNote> Notes { get; init; } = [];
        }

        /// <summary>What rules may look at.</summary>
        /// <param name="Opened">What was encrypted for the profiler; null: it was not, or is for others.</param>
        /// <param name="Fault">Why nobody can go by what was inside; null: everybody can.</param>
        private readonly record struct Sight(OpenedMessage? Opened, string? Fault);

        private async Task<(Sight Seen, string? Away)> SeeAsync(ProfilingAddress address, Envelope envelope, ReadOnlyMemory<byte> content)
        {
            if (address.Opening is not { } opening || !EncryptedContent.IsIn(content)) return (default, null);
            if (runtime.BoundaryProtection is not { } protection) return (default, "nothing in this node takes protection off");
            switch (await protection.OpenAsync(content, opening, envelope.Precedence, CancellationToken.None).ConfigureAwait(false))
            {
                case OpeningOutcome.Unavailable closed:
                    return (default, closed.Reason);
                case OpeningOutcome.Read { Message: { Encryption: EncryptionState.Opened } opened }:
                    if (opened.Fault is { } fault) return (new Sight(null, fault), null);
                    return opened.Differences.FirstOrDefault(d => d.Weight is DifferenceWeight.Blocking) is { Field: { } field }
                        ? (new Sight(null, $"the outer {field} is not the one that was protected"), null)
                        : (new Sight(opened, null), null);
                default:
                    return (default, null);
            }
        }

        private async Task<(string Made, PartitionEvents.StepDone Done)> PassOnAsync(Distribution what, SwitchConfiguration configuration, AuditEvent audit, int[] others, long? policy)
        {
            var envelope = what.Stored.Envelope;
            var came = envelope.Recipients[what.Index] with { Role = what.Facts.Role is ProfileRole.Action ? AddresseeRole.Action : AddresseeRole.Information };
            var copies = ImmutableArray.CreateBuilder<NewMessage>(2);
            try
            {
                foreach (var role in new[] { ProfileRole.Action, ProfileRole.Information })
                {
                    ImmutableArray<Mailbox> whom = [.. what.Addressees.Where(a => a.Role == role).Select(a => a.Mailbox)];
                    if (whom.IsEmpty) continue;
                    var word = role is ProfileRole.Action ? "action" : "info";
                    var of = ProfilePolicy.As(came, role, what.Facts.CopyPrecedence);
                    var writer = new ListCopies(configuration, what.Address, what.Stored, of, ListCopies.OriginOf(what.Lineage, null), envelope.Label, Now)
                    {
                        Kind = "profile " + word, Fields = $"{ProfiledField}: {word}\r\n",
                    };
                    var content = await StageAsync(what.Content).ConfigureAwait(false);
                    // What a person lets go has the time of its level once more.
                    copies.Add(writer.Copy(runtime.NextId(partition.Epoch.Partition), whom, what.Content, content, anew: audit.Kind is AuditKind.Assigned));
                }

                var made = copies.ToImmutable();
                var detail = string.Join(", ", made.Select(c => string.Create(
                    CultureInfo.InvariantCulture, $"{c.Id} to {c.Envelope.Recipients.Length} for {(c.Envelope.Recipients[0].Role is AddresseeRole.Action ? "action" : "information")}")));
                var plan = OutcomePolicy.Expand(step.Id, envelope, step.Statuses, what.Index, $"{what.Address.Address.Text}: {detail}", Told(what.Address), Now, audit.Actor);
                plan = plan with { Audit = [.. what.Notes.Select(n => new AuditEvent(Now, n.Kind, step.Id, what.Index, n.Detail)), audit, .. plan.Audit, .. Told(made)] };
                return (detail, await CommitAsync(envelope, plan, default, others, copies: made, policy: policy).ConfigureAwait(false));
            }
            finally
            {
                foreach (var copy in copies) await copy.Content.DisposeAsync().ConfigureAwait(false);
            }
        }

        private ValueTask<IDisposable> RoomAsync(Envelope envelope) =>
            runtime.ProtectionRoom.TakeAsync(step.Size, runtime.Configuration.Budgets.ProtectionInMemory, envelope.Precedence, CancellationToken.None);
    }
}
