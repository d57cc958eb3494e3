namespace MilSwitch.Lookup.Service;

/// <summary>What the header of a message says about the boundary. Immutable.</summary>
/// <param name="Wish">Null: it says nothing that counts.</param>
/// <param name="IsMalformed">There is a wish that can't be read: the message should be treated as if it were denied.</param>
public readonly record struct BoundaryWishFinding(BoundaryWish? Wish, bool IsMalformed)
{
    public static BoundaryWishFinding Unsaid { get; } = new(null, false);

    public static BoundaryWishFinding Malformed { get; } = new(null, true);
}
