namespace MilSwitch.Labels.Policies;

/// <summary>What stands before, between and after the phrases of an element (<c>markingQualifier</c>).</summary>
/// <param name="Place">The place for which it is; one of <see cref="MarkingCodes.AnyPlace"/>, or several.</param>
/// <param name="Language"><c>xml:lang</c>; null: for every language that has none of its own.</param>
/// <param name="Prefix">Null: not given.</param>
/// <param name="Separator">Null: not given.</param>
/// <param name="Suffix">Null: not given.</param>
public sealed record MarkingQualifier(MarkingCodes Place, string? Language, string? Prefix, string? Separator, string? Suffix);
