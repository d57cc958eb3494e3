namespace MilSwitch.Labels.Markings;

/// <param name="Id">Object identifier.</param>
/// <param name="Prefix">Before its first tag.</param>
/// <param name="Separator">Between two of its tags.</param>
/// <param name="Suffix">After its last tag.</param>
internal sealed record ShownTagSet(string Id, string Prefix, string Separator, string Suffix);
