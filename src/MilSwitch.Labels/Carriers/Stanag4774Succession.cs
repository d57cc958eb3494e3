namespace MilSwitch.Labels.Carriers;

/// <summary>Which label takes the place of another, and when (<c>SuccessionHandling</c>). Nothing happens by itself.</summary>
/// <param name="From">From when.</param>
/// <param name="Successor">Has neither identifier nor succession.</param>
public sealed record Stanag4774Succession(XmlTime From, Stanag4774Label Successor);
