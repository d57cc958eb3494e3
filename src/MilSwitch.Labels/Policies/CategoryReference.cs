namespace MilSwitch.Labels.Policies;

/// <summary>Categories that a rule speaks of.</summary>
/// <param name="TagSet">Object identifier of the tag set; of another policy's, its name where the rule gives no more (<see cref="SecurityPolicy.Resolve"/>).</param>
/// <param name="Type">Of the tag.</param>
/// <param name="Value">Null, and no <see cref="Text"/>: any value of the tag.</param>
public sealed record CategoryReference(string TagSet, TagType Type, int? Value)
{
    /// <summary>The value, where it is a text; null: <see cref="Value"/> says it.</summary>
    public string? Text { get; init; }

    /// <summary>It speaks of any value of the tag.</summary>
    public bool IsWhole => Value is null && Text is null;
}
