using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// Whether a label may go over a link to a recipient, and how it is written there. The rules in their order: there is a label
/// where one is required; it holds under its policy; the link is cleared for it; the recipient is; it has an equivalent in the
/// link's policy. Equal when the settings are and the same authority judges. Pure and thread-safe.
/// </summary>
public sealed class LinkLabelling(LinkLabelSettings settings, LabelAuthority authority) : ILinkLabelling, IEquatable<LinkLabelling>
{
    private LinkLabelSettings Settings { get; } = settings;

    private LabelAuthority Authority { get; } = authority;

    // A signature says what the label is in the link's policy, so it has to be asked even where no field is written.
    public bool Writes => !Settings.Writes.IsEmpty || Settings.Policy is not null;

    public LabelVerdict Judge(MessageLabel? label, Mailbox recipient)
    {
        if (label is null) return Settings.Unlabelled is LabelOutcome.Go ? Cleared(recipient) : new LabelVerdict(Settings.Unlabelled, $"it has no label, and {Settings.Cleared} requires one");
        if (!TryRead(label, out var read)) return new LabelVerdict(LabelOutcome.Hold, "its label can't be read");
        if (Authority.Policies.Find(read.Policy) is not { } policy) return new LabelVerdict(Settings.Denied, $"its policy {read.Policy} is not known");
        if (!LabelValidity.IsValid(read, policy)) return new LabelVerdict(Settings.Denied, $"its label does not hold under {LabelAuthority.Named(policy)}");
        if (Settings.Clearance is { } clearance && Authority.Denial(read, clearance, Settings.Cleared) is { } link) return new LabelVerdict(Settings.Denied, link);
        if (Authority.Denial(read, recipient) is { } person) return new LabelVerdict(Settings.Denied, person);
        if (Settings.Policy is { } target && Authority.InPolicy(read, target).Fault is { } fault) return new LabelVerdict(Settings.Denied, fault);
        return LabelVerdict.Go;
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

        var written = new LabelWriter(Authority.Policies, Settings.HostName, now, findings).Write(message, leaves, Settings.Writes);
        return new DepartureLabels(written, EssLabel.Encode(leaves), equivalents, findings.ToImmutable());
    }

    public bool Equals(LinkLabelling? other) => other is not null && ReferenceEquals(Authority, other.Authority) && Settings == other.Settings;

    public override bool Equals(object? obj) => Equals(obj as LinkLabelling);

    public override int GetHashCode() => Settings.GetHashCode();

    // A recipient with a clearance gets nothing whose label nobody knows.
    private LabelVerdict Cleared(Mailbox recipient) =>
        Authority.Clearances.Find(recipient) is null ? LabelVerdict.Go : new LabelVerdict(LabelOutcome.Hold, $"it has no label, and <{recipient.Text}> is cleared for labelled messages only");

    private string Name(string policy) => Authority.Policies.Find(policy) is { } known ? LabelAuthority.Named(known) : policy;

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
