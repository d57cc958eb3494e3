namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>ReceiptsFrom ::= CHOICE { allOrFirstTier [0] AllOrFirstTier, receiptList [1] SEQUENCE OF GeneralNames }</c>
/// (RFC 2634 §2.7). Immutable.
/// </summary>
public sealed class ReceiptsFrom : IEquatable<ReceiptsFrom>
{
    private ReceiptsFrom(int allOrFirstTier, IReadOnlyList<GeneralNames>? list)
    {
        AllOrFirstTier = allOrFirstTier;
        List = list;
    }

    /// <summary>Every recipient.</summary>
    public static ReceiptsFrom All { get; } = new(0, null);

    /// <summary>Those who did not get the message as members of a mailing list.</summary>
    public static ReceiptsFrom FirstTier { get; } = new(1, null);

    /// <summary>The entities named; null: it is no list.</summary>
    public IReadOnlyList<GeneralNames>? List { get; }

    internal int AllOrFirstTier { get; }

    public static ReceiptsFrom Listed(IReadOnlyList<GeneralNames> entities) => new(-1, entities);

    public bool Equals(ReceiptsFrom? other) => other is not null && AllOrFirstTier == other.AllOrFirstTier && (List ?? []).SequenceEqual(other.List ?? []);

    public override bool Equals(object? obj) => Equals(obj as ReceiptsFrom);

    public override int GetHashCode() => HashCode.Combine(AllOrFirstTier, List?.Count);
}
