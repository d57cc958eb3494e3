using System.Collections.Immutable;

namespace MilSwitch.Domain.Labelling;

/// <summary>The labels of one policy that may be used. Immutable.</summary>
/// <param name="Policy">Object identifier.</param>
/// <param name="PolicyName">Its name.</param>
/// <param name="PolicyVersion">Its version; empty: none given.</param>
/// <param name="Entries">By classification, in the order of the policy.</param>
public sealed record LabelCatalogue(string Policy, string PolicyName, string PolicyVersion, ImmutableArray<LabelCatalogueEntry> Entries);

/// <summary>One classification that may be used.</summary>
/// <param name="Classification">Its value in labels.</param>
/// <param name="Name">Its name.</param>
/// <param name="Color">As the policy gives it; null: none.</param>
/// <param name="Label">The label of the classification alone, encoded (RFC 2634 §3.2); null: it can't stand alone, one of the categories is needed with it.</param>
/// <param name="Marking">What is shown for that label; null with it.</param>
/// <param name="Categories">What may stand with it, each for itself; whether several may stand together is for the policy to say.</param>
public sealed record LabelCatalogueEntry(
    int Classification, string Name, string? Color, ReadOnlyMemory<byte>? Label, string? Marking, ImmutableArray<LabelCatalogueCategory> Categories);

/// <summary>One category that may stand with a classification.</summary>
/// <param name="TagSet">Object identifier.</param>
/// <param name="TagSetName">Its name.</param>
/// <param name="Type">As printed labels name it.</param>
/// <param name="Value">The value in labels.</param>
/// <param name="Name">Its name.</param>
public sealed record LabelCatalogueCategory(string TagSet, string TagSetName, string Type, int Value, string Name);
