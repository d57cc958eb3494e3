using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Protection;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// Whether a label may go over a link to a recipient, and how it is written there. The rules in their order: there is a label
/// where one is required; it holds under its policy; the link is cleared for it; the recipient is; it has an equivalent in the
/// link's policy. What was decided for one recipient of a message counts for all of whom the same is known. Equal when the settings are
/// and the same authority judges. Thread-safe.
/// </summary>
public sealed class LinkLabelling(LinkLabelSettings settings, LabelAuthority authority) : ILinkLabelling, IEquatable<LinkLabelling>
{
    // A message's recipients are judged one after another, with the very same label.
    private readonly ConditionalWeakTable<MessageLabel, Judged> judged = [];

    private LinkLabelSettings Settings { get; } = settings;

    private LabelAuthority Authority { get; } = authority;

    // A signature says what the label is in the link's policy, so it has to be asked even where no field is written.
    public bool Writes => !Settings.Writes.IsEmpty || Settings.Policy is not null;

    /// <summary>Certificates of recipients are looked for.</summary>
    public bool IsFinding => Settings.FindIn is not null;

    public string? AskFor(Mailbox recipient) => Settings.FindIn is { } domain && Authority.IsOpen(recipient) ? domain : null;

    public void Learn(Mailbox recipient, RecipientCertificateAnswer answer) => Authority.Learn(recipient, answer);

    public LabelVerdict Judge(MessageLabel? label, Mailbox recipient)
    {
        if (label is null) return Settings.Unlabelled is LabelOutcome.Go ? Cleared(recipient) : new LabelVerdict(Settings.Unlabelled, $"it has no label, and {Settings.Cleared} requires one");
        var known = judged.GetValue(label, JudgeForLink);
        if (known.IsStaleAt(Authority.Now))
        {
            known = JudgeForLink(label);
            judged.AddOrUpdate(label, known);
        }

        return known.Read is { } read ? known.For(Authority.Limits(recipient), limits => JudgeForRecipient(read, limits)) : known.Verdict;
    }

    private Judged JudgeForLink(MessageLabel label)
    {
        var now = Authority.Now;
        if (!TryRead(label, out var read)) return new Judged(new LabelVerdict(LabelOutcome.Hold, "its label can't be read"));
        if (Authority.Policies.Find(read.Policy) is not { } policy) return new Judged(new LabelVerdict(Settings.Denied, $"its policy {read.Policy} is not known"));
        // Beyond its own policy that of the link or of a recipient may have periods: any of them makes the answer one of this moment.
        var until = Authority.Policies.All.Any(p => p.HasPeriods) ? now + Judged.Moment : DateTimeOffset.MaxValue;
        if (!LabelValidity.IsValid(read, policy, at: now)) return new Judged(new LabelVerdict(Settings.Denied, $"its label does not hold under {LabelAuthority.Named(policy)}")) { Until = until };
        if (Settings.Clearance is { } clearance && Authority.Denial(read, clearance, Settings.Cleared) is { } link) return new Judged(new LabelVerdict(Settings.Denied, link)) { Until = until };
        return new Judged(LabelVerdict.Go) { Read = read, Until = until };
    }

    private LabelVerdict JudgeForRecipient(SecurityLabel read, AddressLimits limits)
    {
        // Not by name: those of whom the same is known are one outcome.
        if (Authority.Denial(read, limits, "the recipient") is { } person) return new LabelVerdict(Settings.Denied, person);
        return Settings.Policy is { } target && Authority.InPolicy(read, target).Fault is { } fault ? new LabelVerdict(Settings.Denied, fault) : LabelVerdict.Go;
    }

    public DepartureLabels Write(ReadOnlyMemory<byte> message, MessageLabel? label, DateTimeOffset now)
    {
        if (label is null) return new DepartureLabels(message, null, [], []);
        if (!TryRead(label, out var original)) throw new FormatException("it can't be read");
        var findings = ImmutableArray.CreateBuilder<string>();
        var leaves = original;
        if (Settings.Policy is { } target)
        {
            var (translated, fault) = Authority.InPolicy(original, target);
            leaves = translated ?? throw new FormatException(fault);
        }

        var equivalents = ImmutableArray<ReadOnlyMemory<byte>>.Empty;
        if (leaves.Policy != original.Policy)
        {
            equivalents = [label.Encoded];
            findings.Add($"translated to {Name(leaves.Policy)} from {Name(original.Policy)}");
        }

        var written = new LabelWriter(Authority.Policies, Settings.HostName, now, findings, Settings.MarkingField).Write(message, leaves, Settings.Writes);
        return new DepartureLabels(written, EssLabel.Encode(leaves), equivalents, findings.ToImmutable());
    }

    public bool Equals(LinkLabelling? other) => other is not null && ReferenceEquals(Authority, other.Authority) && Settings == other.Settings;

    public override bool Equals(object? obj) => Equals(obj as LinkLabelling);

    public override int GetHashCode() => Settings.GetHashCode();

    // A recipient with a clearance gets nothing whose label nobody knows.
    private LabelVerdict Cleared(Mailbox recipient) =>
        Authority.Limits(recipient).IsNone ? LabelVerdict.Go : new LabelVerdict(LabelOutcome.Hold, "it has no label, and the recipient is cleared for labelled messages only");

    private string Name(string policy) => Authority.Policies.Find(policy) is { } known ? LabelAuthority.Named(known) : policy;

    /// <summary>What was decided about one label on this link.</summary>
    private sealed class Judged(LabelVerdict verdict)
    {
        public static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

        private readonly ConcurrentDictionary<AddressLimits, LabelVerdict> byLimits = new();

        /// <summary>Whoever the recipient is, where <see cref="Read"/> is null.</summary>
        public LabelVerdict Verdict => verdict;

        /// <summary>The label, which may go over the link; null: it may not.</summary>
        public SecurityLabel? Read { get; init; }

        /// <summary>Until when this counts.</summary>
        public DateTimeOffset Until { get; init; } = DateTimeOffset.MaxValue;

        public bool IsStaleAt(DateTimeOffset now) => now > Until;

        public LabelVerdict For(AddressLimits limits, Func<AddressLimits, LabelVerdict> judge) => byLimits.GetOrAdd(limits, judge);
    }

    private bool TryRead(MessageLabel label, out SecurityLabel read)
    {
        try
        {
            read = Authority.Read(label.Encoded);
            return true;
        }
        catch (LabelRefusedException)
        {
            read = null!;
            return false;
        }
    }
}
