namespace MilSwitch.Labels.Policies;

/// <summary>What a policy shows for one of its elements (<c>markingData</c>).</summary>
/// <param name="Phrase">Null: the element's name.</param>
/// <param name="Language"><c>xml:lang</c>; null: for every language that has none of its own.</param>
/// <param name="Codes">Where and how; without a place it is for every place.</param>
public sealed record MarkingData(string? Phrase, string? Language, MarkingCodes Codes);
