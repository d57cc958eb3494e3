using System.Collections.Immutable;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>What a listener does about labels. Immutable.</summary>
public sealed record ListenerLabelSettings
{
    /// <summary>Where labels are looked for, the most trusted first. An SIO-Label that is not looked for is removed.</summary>
    public ImmutableArray<LabelSource> Sources { get; init; } = [LabelSource.Ess, LabelSource.SioLabel];

    /// <summary>Only a label of a believed signature counts as the message's; others must still agree with it.</summary>
    public bool SignedOnly { get; init; }

    /// <summary>No label.</summary>
    public LabelFaultAction Unlabelled { get; init; } = LabelFaultAction.Accept;

    /// <summary>The label that unlabelled messages get; null: none.</summary>
    public SecurityLabel? Default { get; init; }

    /// <summary>Any label at all.</summary>
    public LabelFaultAction Labelled { get; init; } = LabelFaultAction.Accept;

    /// <summary>What is no label, is of an unknown policy, or does not hold under its policy.</summary>
    public LabelFaultAction Invalid { get; init; }

    /// <summary>Two places say different things.</summary>
    public LabelFaultAction Disagreeing { get; init; }

    /// <summary>The label is above what the listener or the originator may send.</summary>
    public LabelFaultAction Denied { get; init; } = LabelFaultAction.Refuse;

    /// <summary>What may come in here; null: anything.</summary>
    public Clearance? Clearance { get; init; }

    /// <summary>By whose marking codes texts are read; null: texts are not read.</summary>
    public SecurityPolicy? MarkingPolicy { get; init; }

    /// <summary>Name of the field that <see cref="LabelSource.XHeader"/> means; null: none.</summary>
    public string? MarkingField { get; init; }

    /// <summary>The name that the trace of a label names.</summary>
    public required string HostName { get; init; }
}
