using MilSwitch.Labels.Markings;

namespace MilSwitch.Labels.Carriers;

/// <summary>What one carrier of a message says: a label, or a marking in a text.</summary>
/// <param name="Source">Which carrier, for people and rules: <c>ess</c>, <c>sio-label</c>, <c>stanag4774</c>, <c>flot</c> …</param>
/// <param name="IsTrusted">Somebody who is believed has signed it.</param>
public sealed record CarriedLabel(string Source, bool IsTrusted)
{
    /// <summary>Null: it is a marking.</summary>
    public SecurityLabel? Label { get; init; }

    /// <summary>Null: it is a label.</summary>
    public string? Marking { get; init; }

    /// <summary>Of the marking.</summary>
    public MarkingPlace Place { get; init; }

    /// <summary>Of the marking; null: phrases without a language.</summary>
    public string? Language { get; init; }
}
