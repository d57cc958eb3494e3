using System.Collections.Immutable;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>What a link does about labels. Immutable.</summary>
public sealed record LinkLabelSettings
{
    /// <summary>What may go over it; null: anything.</summary>
    public Clearance? Clearance { get; init; }

    /// <summary>Whose clearance it is, as reasons name it.</summary>
    public string Cleared { get; init; } = "the link";

    /// <summary>Labels leave in this policy, translated where they are of another; null: as they are.</summary>
    public SecurityPolicy? Policy { get; init; }

    /// <summary>No label.</summary>
    public LabelOutcome Unlabelled { get; init; } = LabelOutcome.Hold;

    /// <summary>The label is above what the link or a recipient may see, or can't be translated.</summary>
    public LabelOutcome Denied { get; init; } = LabelOutcome.Hold;

    /// <summary>Where the label is written; empty: nowhere. <see cref="LabelSource.Ess"/> is written by signing.</summary>
    public ImmutableArray<LabelSource> Writes { get; init; } = [];

    /// <summary>Name of the field that <see cref="LabelSource.XHeader"/> means; null: none.</summary>
    public string? MarkingField { get; init; }

    /// <summary>The security domain whose sources are asked for certificates of recipients; null: nobody is asked.</summary>
    public string? FindIn { get; init; }

    /// <summary>The name that the trace of a label names.</summary>
    public required string HostName { get; init; }

    public bool Equals(LinkLabelSettings? other) => other is not null && Equals(Clearance, other.Clearance) && ReferenceEquals(Policy, other.Policy)
        && Unlabelled == other.Unlabelled && Denied == other.Denied && Writes.AsSpan().SequenceEqual(other.Writes.AsSpan()) && MarkingField == other.MarkingField && FindIn == other.FindIn && HostName == other.HostName && Cleared == other.Cleared;

    public override int GetHashCode() => HashCode.Combine(Clearance, Policy?.Id, Unlabelled, Denied, Writes.Length, HostName);
}
