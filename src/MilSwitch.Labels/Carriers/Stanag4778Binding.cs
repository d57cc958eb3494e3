using System.Collections.Immutable;

namespace MilSwitch.Labels.Carriers;

/// <summary>A binding data object of ADatP-4778 (<c>BindingInformation</c>). Immutable.</summary>
public sealed record Stanag4778Binding
{
    /// <summary>In their order; those of all containers.</summary>
    public required ImmutableArray<MetadataBinding> Bindings { get; init; }

    /// <summary>
    /// Somebody claims a cryptographic binding: an element of XML Signature, or of another namespace than the standard's, stands where
    /// signatures stand. Nothing of it is checked, so nothing counts as bound.
    /// </summary>
    public bool ClaimsSignature { get; init; }

    /// <summary>Every label with every object that it is said to belong to.</summary>
    public IEnumerable<BoundLabel> Labels => Bindings.SelectMany(b => b.Metadata.Where(m => m.Label is not null)
        .SelectMany(m => b.Data.Select(d => new BoundLabel(m.Label!, d, State(d)))));

    /// <summary>Labels of one object that count: bound, of the object itself (not of its metadata).</summary>
    /// <param name="uri">As in <c>DataReference</c>, in its exact letters: <c>cid:…</c>, <c>mid:…</c> or empty.</param>
    public ImmutableArray<Stanag4774Label> LabelsOf(string uri) =>
        [.. Labels.Where(l => l.State == BindingState.Bound && l.Data.Uri == uri && l.Label.Kind != Stanag4774Kind.Metadata).Select(l => l.Label)];

    public bool Equals(Stanag4778Binding? other) => other is not null && ClaimsSignature == other.ClaimsSignature && Bindings.SequenceEqual(other.Bindings);

    public override int GetHashCode() => HashCode.Combine(ClaimsSignature, Bindings.Length);

    private BindingState State(BoundData data) => ClaimsSignature ? BindingState.SignatureNotChecked : data.IsPartial ? BindingState.PartNotSupported : BindingState.Bound;
}
