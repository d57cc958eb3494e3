using System.Collections.Immutable;
using MilSwitch.Domain.Lists;

namespace MilSwitch.Domain.Protection;

/// <summary>What a route does to messages before they leave: first it opens, then signs, then encrypts. Immutable.</summary>
public sealed record DepartureProtection
{
    /// <summary>Null: not signed.</summary>
    public DepartureSigning? Sign { get; init; }

    /// <summary>Null: not encrypted.</summary>
    public DepartureEncryption? Encrypt { get; init; }

    /// <summary>Names of the keys that open what came encrypted; empty: it leaves as it came.</summary>
    public ImmutableArray<string> Keys { get; init; } = [];

    /// <summary>What was taken off this message and goes around it again; only a boundary says so. Null: nothing.</summary>
    public KeptLayers? Kept { get; init; }

    /// <summary>The signature of a mailing list agent, around all of it; only a list says so. Null: none.</summary>
    public ListExpansion? Expansion { get; init; }

    public bool Equals(DepartureProtection? other) =>
        other is not null && Sign == other.Sign && Equals(Encrypt, other.Encrypt) && Equals(Kept, other.Kept) && Equals(Expansion, other.Expansion) && Keys.SequenceEqual(other.Keys);

    public override int GetHashCode() => HashCode.Combine(Sign, Encrypt, Keys.Length);
}
