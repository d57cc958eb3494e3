namespace MilSwitch.Labels.Policies;

/// <summary>A category of another policy that is as good as this one (<c>equivalentSecCategoryTag</c>).</summary>
/// <param name="Policy">Object identifier of the other policy.</param>
/// <param name="Category">There; null when it is discarded.</param>
/// <param name="Applied">In which direction.</param>
public sealed record EquivalentCategory(string Policy, CategoryReference? Category, EquivalenceUse Applied)
{
    /// <summary>The category leaves nothing behind in the other policy (<c>action="discard"</c>).</summary>
    public bool IsDiscarded => Category is null;
}
