using System.Collections.Immutable;

namespace MilSwitch.Labels.Carriers;

/// <summary>All of the metadata is bound to all of the data.</summary>
/// <param name="Id">Null: absent.</param>
/// <param name="Container">From 0: bindings with the same number stood in the same <c>MetadataBindingContainer</c>.</param>
/// <param name="Metadata">At least one.</param>
/// <param name="Data">At least one.</param>
public sealed record MetadataBinding(string? Id, int Container, ImmutableArray<BoundMetadata> Metadata, ImmutableArray<BoundData> Data)
{
    public bool Equals(MetadataBinding? other) => other is not null && Id == other.Id && Container == other.Container
        && Metadata.SequenceEqual(other.Metadata) && Data.SequenceEqual(other.Data);

    public override int GetHashCode() => HashCode.Combine(Id, Container, Metadata.Length, Data.Length);
}
