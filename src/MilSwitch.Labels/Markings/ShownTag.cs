namespace MilSwitch.Labels.Markings;

internal sealed class ShownTag
{
    public required ShownTagSet Set { get; init; }

    public required TagType Type { get; init; }

    public required string Prefix { get; init; }

    public required string Separator { get; init; }

    public required string Suffix { get; init; }
}
