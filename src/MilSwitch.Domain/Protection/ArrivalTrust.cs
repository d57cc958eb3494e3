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
}
