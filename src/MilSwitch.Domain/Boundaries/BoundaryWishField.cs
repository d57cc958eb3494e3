namespace MilSwitch.Domain.Boundaries;

/// <summary>
/// The field <c>X-MilSwitch-Boundary: allow|deny|notify</c>. It stands once, with one of these words in any case, and nothing
/// else: no comment, no parameter. Pure.
/// </summary>
public static class BoundaryWishField
{
    public const string Name = "X-MilSwitch-Boundary";

    // A word, and folding around it.
    private const int LongestBody = 128;

    /// <summary>Reads the bodies of all such fields of a header, that are protected or not as the caller wants it.</summary>
    /// <returns>Unsaid where there is none; malformed where there are two, even of one mind, or one that is none.</returns>
    public static BoundaryWishFinding Read(IReadOnlyCollection<string> bodies) => bodies.Count switch
    {
        0 => BoundaryWishFinding.Unsaid,
        1 when TryRead(bodies.First(), out var wish) => new BoundaryWishFinding(wish, false),
        _ => BoundaryWishFinding.Malformed,
    };

    /// <summary>Reads one body: a word between spaces, tabs and folded line ends.</summary>
    public static bool TryRead(string body, out BoundaryWish wish)
    {
        wish = default;
        if (body.Length > LongestBody) return false;
        var text = body.AsSpan().Trim(" \t\r\n");
        if (text.Equals("allow", StringComparison.OrdinalIgnoreCase)) wish = BoundaryWish.Allow;
        else if (text.Equals("deny", StringComparison.OrdinalIgnoreCase)) wish = BoundaryWish.Deny;
        else if (text.Equals("notify", StringComparison.OrdinalIgnoreCase)) wish = BoundaryWish.Notify;
        return wish is not default(BoundaryWish);
    }
}
