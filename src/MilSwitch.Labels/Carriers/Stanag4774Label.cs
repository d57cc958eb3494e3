using System.Collections.Immutable;

namespace MilSwitch.Labels.Carriers;

/// <summary>A confidentiality label of ADatP-4774 with all that it says besides. Immutable.</summary>
public sealed record Stanag4774Label
{
    public required SecurityLabel Label { get; init; }

    public Stanag4774Kind Kind { get; init; }

    /// <summary><c>Id</c>; null: absent.</summary>
    public string? Id { get; init; }

    /// <summary><c>CreationDateTime</c>. The schema demands it of what is written; null: it was absent.</summary>
    public XmlTime? Created { get; init; }

    /// <summary><c>ReviewDateTime</c>, demanded where there is no succession; null: absent. A label past it stays valid.</summary>
    public XmlTime? Review { get; init; }

    public Stanag4774Originator? Originator { get; init; }

    public Stanag4774Succession? Succession { get; init; }

    /// <summary>Elements of other namespaces within <c>ConfidentialityInformation</c>, as XML. They decide nothing.</summary>
    public ImmutableArray<string> InformationExtensions { get; init; } = [];

    /// <summary>Elements of other namespaces at the end of the label, as XML. They decide nothing.</summary>
    public ImmutableArray<string> Extensions { get; init; } = [];

    public bool Equals(Stanag4774Label? other) => other is not null && Label.Equals(other.Label) && Kind == other.Kind && Id == other.Id
        && Created == other.Created && Review == other.Review && Originator == other.Originator && Succession == other.Succession
        && InformationExtensions.SequenceEqual(other.InformationExtensions) && Extensions.SequenceEqual(other.Extensions);

    public override int GetHashCode() => HashCode.Combine(Label, Kind, Id, Created);
}
