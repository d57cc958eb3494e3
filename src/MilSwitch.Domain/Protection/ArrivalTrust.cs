using System.Collections.Immutable;

namespace MilSwitch.Domain.Protection;

/// <summary>Whom to believe, as it was when the configuration was read. Immutable; compared by reference.</summary>
public sealed class ArrivalTrust
{
    public static ArrivalTrust None { get; } = new();

    /// <summary>Certificates that paths end at; DER.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Anchors { get; init; } = [];

    /// <summary>Further certificates; DER.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>DER.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> RevocationLists { get; init; } = [];

    /// <summary>The algorithms that are accepted: <c>default</c>, <c>legacy</c> or <c>cnsa2</c>.</summary>
    public string Suite { get; init; } = "default";

    /// <summary>Says the other one the same? By its octets: what is read again is another object.</summary>
    /// <param name="other">Another reading.</param>
    public bool Says(ArrivalTrust? other) => ReferenceEquals(this, other)
        || (other is not null && Suite == other.Suite && Same(Anchors, other.Anchors) && Same(Certificates, other.Certificates) && Same(RevocationLists, other.RevocationLists));

    private static bool Same(ImmutableArray<ReadOnlyMemory<byte>> one, ImmutableArray<ReadOnlyMemory<byte>> other) =>
        one.Length == other.Length && one.Zip(other).All(p => p.First.Span.SequenceEqual(p.Second.Span));
}
