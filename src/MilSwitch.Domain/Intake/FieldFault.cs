namespace MilSwitch.Domain.Intake;

/// <summary>A rule that a header field of a message breaks. Immutable.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Position">The octet of the field's body at which it does, counted from 1 behind the colon; 0: the field as a whole.</param>
/// <param name="Rule">Stable, for programs.</param>
/// <param name="Text">What is wrong, for people; nothing of what the field holds.</param>
public sealed record FieldFault(string Field, int Position, string Rule, string Text);
