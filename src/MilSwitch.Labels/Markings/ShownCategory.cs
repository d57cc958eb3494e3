using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

internal sealed class ShownCategory
{
    /// <summary>Rank among all categories of the policy, in the order of the document.</summary>
    public required int Order { get; init; }

    public required ShownTag Tag { get; init; }

    /// <summary>In labels; -1: it is <see cref="Word"/>.</summary>
    public required int Value { get; init; }

    /// <summary>In labels, where it is a text; null: it is a number.</summary>
    public string? Word { get; init; }

    /// <summary>Null: nothing is shown.</summary>
    public required string? Text { get; init; }

    /// <summary>Shown in place of the policy's name; null: leaves that alone.</summary>
    public required string? PolicyText { get; init; }

    /// <summary>The classification is not shown beside it.</summary>
    public required bool HidesClassification { get; init; }

    public required ImmutableArray<int> ExcludedClassifications { get; init; }

    /// <summary>People enter the value, and <see cref="Text"/> is shown around it; null: it has the one value.</summary>
    public UserInput? Input { get; init; }

    /// <summary>Shown behind what was entered.</summary>
    public string TextBehind { get; init; } = "";

    /// <summary>The same with a value that was entered.</summary>
    public ShownCategory Of(int value) => new()
    {
        Order = Order, Tag = Tag, Value = value, Text = Text is null ? null : Text + Input!.Text(value) + TextBehind, PolicyText = PolicyText,
        HidesClassification = HidesClassification, ExcludedClassifications = ExcludedClassifications,
    };

    /// <summary>The same with a text that was entered, in quotes.</summary>
    public ShownCategory Of(string word) => new()
    {
        Order = Order, Tag = Tag, Value = -1, Word = word, Text = Text is null ? null : Text + LabelText.Quoted(word) + TextBehind, PolicyText = PolicyText,
        HidesClassification = HidesClassification, ExcludedClassifications = ExcludedClassifications,
    };
}
