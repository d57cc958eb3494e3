namespace MilSwitch.Domain.Boundaries;

/// <summary>What the header of a message says about the boundary. Immutable.</summary>
/// <param name="Wish">Null: it says nothing that counts.</param>
/// <param name="IsMalformed">There is a wish that can't be read: the message should be treated as if it were denied.</param>
public readonly record struct BoundaryWishFinding(BoundaryWish? Wish, bool IsMalformed)
{
    public static BoundaryWishFinding Unsaid { get; } = new(null, false);

    public static BoundaryWishFinding Malformed { get; } = new(null, true);

    /// <summary>Nothing may be opened: it is said so, or what is said can't be read.</summary>
    public bool IsDenied => IsMalformed || Wish is BoundaryWish.Deny;

    /// <summary>For trails and operators.</summary>
    public string Word => IsMalformed ? "unreadable" : Wish?.ToString().ToLowerInvariant() ?? "none";

    /// <summary>Of what two places say, what allows less.</summary>
    public static BoundaryWishFinding Stricter(BoundaryWishFinding one, BoundaryWishFinding other) => one.Rank >= other.Rank ? one : other;

    private int Rank => IsMalformed ? 4 : Wish switch { BoundaryWish.Deny => 3, BoundaryWish.Notify => 2, BoundaryWish.Allow => 1, _ => 0 };
}
