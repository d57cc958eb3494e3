using System.Globalization;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Military;

namespace MilSwitch.Mime;

/// <summary>A rule that a field breaks. Immutable.</summary>
/// <param name="Field">Which.</param>
/// <param name="Rule">What it breaks.</param>
/// <param name="Position">The octet of the field's body at which it does, counted from 1 behind the colon, folds included; 0: the field as a whole.</param>
public sealed record MmhsFault(MmhsField Field, MmhsRule Rule, int Position)
{
    /// <summary>The same in words that need no grammar.</summary>
    public FieldFault ToFieldFault() => new(Field.Name(), Position, Rule.Id, Rule.Text);

    /// <summary>One sentence of printable ASCII: field, position, what is wrong, and the rule's id. Nothing of what the field holds.</summary>
    public override string ToString() => Position is 0
        ? $"{Field.Name()}: {Rule.Text} ({Rule.Id})"
        : string.Create(CultureInfo.InvariantCulture, $"{Field.Name()}, octet {Position}: {Rule.Text} ({Rule.Id})");
}
