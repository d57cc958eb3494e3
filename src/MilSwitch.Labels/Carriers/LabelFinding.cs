namespace MilSwitch.Labels.Carriers;

/// <summary>One thing in which a carrier differs from the one that all are held against.</summary>
/// <param name="Source">The carrier.</param>
/// <param name="Reference">The one it was held against.</param>
/// <param name="Difference">In what.</param>
/// <param name="TagSet">Object identifier, of a category; null: not about one, or of an unknown syntax.</param>
/// <param name="Type">Of a category; null likewise.</param>
public sealed record LabelFinding(string Source, string Reference, LabelDifference Difference, string? TagSet = null, TagType? Type = null)
{
    public bool IsContradiction => Difference != LabelDifference.MarkingShowsLess;
}
