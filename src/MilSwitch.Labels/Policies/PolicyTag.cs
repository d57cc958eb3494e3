namespace MilSwitch.Labels.Policies;

/// <summary>A tag and the set that it belongs to.</summary>
public sealed record PolicyTag(TagSetDefinition Set, TagDefinition Tag);
