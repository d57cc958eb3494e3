using System.Collections.Immutable;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>
/// Finds the label of one policy that is as good as a label of another (X.841 equivalences, RFC 2634 §3.4). What the label's
/// policy says (<c>applied="encrypt"</c>) and what the target says of it (<c>applied="decrypt"</c>) must agree where both speak.
/// Where a way leads back, what comes back must protect as much as the label did, but for what its policy discards. No way leads through a third policy. Immutable and thread-safe; making one looks through both policies, so keep it.
/// </summary>
public sealed class LabelTranslator
{
    private readonly SecurityPolicy from;
    private readonly SecurityPolicy to;
    private readonly LabelMapping there;
    private readonly LabelMapping back;

    public LabelTranslator(SecurityPolicy from, SecurityPolicy to)
    {
        this.from = from;
        this.to = to;
        there = new LabelMapping(from, to);
        back = new LabelMapping(to, from);
    }

    /// <summary>Translates one label; for more of them between the same policies keep a translator.</summary>
    /// <param name="at">When: categories of both policies may have a period. Null: periods are not asked about.</param>
    public static TranslationResult Translate(SecurityLabel label, SecurityPolicy from, SecurityPolicy to, DateTimeOffset? at = null) => new LabelTranslator(from, to).Translate(label, at);

    /// <summary>Translates a label of the one policy into the other.</summary>
    /// <param name="at">When: categories of both policies may have a period. Null: periods are not asked about.</param>
    public TranslationResult Translate(SecurityLabel label, DateTimeOffset? at = null)
    {
        var original = LabelValidity.Check(label, from, at: at);
        if (!original.IsGranted) return new TranslationResult.Unmappable([.. original.Unmet.Select(step => new UnmappableReason(UnmappableCause.InvalidOriginal, Explanation.Describe(step, from)))]);
        if (from.Id == to.Id) return new TranslationResult.Translated(label, label, []);
        if (!there.Exists) return new TranslationResult.Unmappable([new UnmappableReason(UnmappableCause.NoEquivalence, $"neither policy {from.Name} nor policy {to.Name} speaks of the other")]);
        var result = there.Map(label, at);
        return result is TranslationResult.Translated translated && ComesBackLower(translated, at)
            ? new TranslationResult.Unmappable([new UnmappableReason(UnmappableCause.WouldLower, $"what comes back from policy {to.Name} would be less protected than the label")])
            : result;
    }

    // Two elements that go to one may come back as the other. Whoever sees the label there does not know which it was.
    private bool ComesBackLower(TranslationResult.Translated translated, DateTimeOffset? at) =>
        back.Map(translated.Label, at) is TranslationResult.Translated { Label: var again } && !Dominance.Dominates(again, Kept(translated), from);

    // What the label's own policy lets go was not lost on the way.
    private static SecurityLabel Kept(TranslationResult.Translated translated)
    {
        if (translated.Discarded.IsEmpty) return translated.Original;
        var categories = ImmutableArray.CreateBuilder<LabelCategory>();
        foreach (var category in translated.Original.Categories.OfType<TagCategory>())
        {
            var kept = new TagCategory(category.TagSet, category.Type, category.Values.RemoveAll(v => translated.Discarded.Contains(new CategoryReference(category.TagSet, category.Type, v))))
            {
                Texts = category.Texts.RemoveAll(t => translated.Discarded.Contains(new CategoryReference(category.TagSet, category.Type, null) { Text = t })),
            };
            if (!kept.IsEmpty) categories.Add(kept);
        }

        return translated.Original with { Categories = categories.ToImmutable() };
    }
}
