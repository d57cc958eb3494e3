using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Routing;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// Tries every classification of a policy, and each of its categories with it, against all who would see or send it. Where a label needs
/// more, because the policy wants values of a tag or a category beside another, it is tried with what can be added. Thread-safe.
/// </summary>
/// <param name="authority">Judges.</param>
/// <param name="home">The policy that is meant where none is named; null: there is none.</param>
public sealed class LabelCatalogueList(LabelAuthority authority, SecurityPolicy? home) : ILabelCatalogue
{
    // Labels that are tried for one question, and values that are added to one.
    private const int MostTried = 200;
    private const int MostAdded = 8;

    public PolicySet Policies => authority.Policies;

    /// <summary>Reads a label; numbers of the MISSI syntax get their kind from its policy.</summary>
    /// <exception cref="LabelRefusedException">It is none.</exception>
    public SecurityLabel Read(ReadOnlyMemory<byte> encoded) => authority.Read(encoded);

    public LabelCatalogue List(string? policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        var chosen = policy is null
            ? home ?? throw new FormatException("no policy is named, and the configuration has none that would be meant then (labels.policy)")
            : authority.Policies.Named(policy) ?? throw new FormatException($"there is no policy '{policy}'");
        // Who is asked for the same is asked once: what follows asks for each category of the policy.
        to = [.. to.DistinctBy(t => (t.Link.Labels, authority.Limits(t.Recipient)))];
        return new LabelCatalogue(
            chosen.Id, chosen.Name, chosen.Version, [.. chosen.Classifications.Where(c => !c.IsObsolete).Select(c => Entry(c, chosen, from, to)).OfType<LabelCatalogueEntry>()]);
    }

    private LabelCatalogueEntry? Entry(ClassificationDefinition classification, SecurityPolicy policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        var alone = new SecurityLabel { Policy = policy.Id, Classification = classification.Value };
        var categories = policy.TagSets.SelectMany(set => set.Tags.SelectMany(tag => tag.Categories.Select(category => (set, tag, category))))
            // What people enter can't be listed.
            .Where(c => c.category is { IsObsolete: false, Input: null, Text: null } && MayStand(alone with { Categories = [new TagCategory(c.set.Id, c.tag.Type, [c.category.Value]) { Syntax = policy.LabelSyntax }] }, policy, from, to))
            .Select(c => new LabelCatalogueCategory(c.set.Id, c.set.Name, c.tag.Type.Name(), c.category.Value, c.category.Name))
            .ToImmutableArray();
        var stands = MayUse(alone, policy, from, to);
        if (!stands && categories.IsEmpty) return null;
        return new LabelCatalogueEntry(
            classification.Value, classification.Name, classification.Color, stands ? EssLabel.Encode(alone) : default(ReadOnlyMemory<byte>?),
            stands ? MarkingText.Generate(alone, policy, MarkingPlace.Display) : null, categories);
    }

    // As it is, or with what its policy wants beside it.
    private bool MayStand(SecurityLabel label, SecurityPolicy policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        var left = MostTried;
        return Try(label, 0);

        bool Try(SecurityLabel tried, int added)
        {
            if (left-- <= 0) return false;
            var unmet = LabelValidity.Check(tried, policy, LabelUse.Originated, authority.Now).Unmet.ToArray();
            if (unmet.Length is 0) return MayUse(tried, policy, from, to);
            if (added == MostAdded || unmet.Any(s => s.Rule is not (DecisionRule.Enough or DecisionRule.RequiredCategory))) return false;
            return Missing(unmet[0], tried, policy).Any(more => Try(With(tried, more, policy), added + 1));
        }
    }

    private static IEnumerable<CategoryReference> Missing(DecisionStep step, SecurityLabel label, SecurityPolicy policy)
    {
        var wanted = step.Requirement is { } rule ? rule.Group : step is { TagSet: { } set, Type: { } type } ? [.. step.Needed.Select(v => new CategoryReference(set, type, v))] : [];
        return wanted.SelectMany(w => w.IsWhole ? policy.Tag(w.TagSet, w.Type)?.Tag.Categories.Where(c => c is { IsObsolete: false, Input: null, Text: null }).Select(c => w with { Value = c.Value }) ?? [] : w.Text is null ? [w] : [])
            .Where(w => !label.Categories.OfType<TagCategory>().Any(c => c.TagSet == w.TagSet && c.Type == w.Type && c.Contains(w.Value!.Value)));
    }

    private static SecurityLabel With(SecurityLabel label, CategoryReference more, SecurityPolicy policy)
    {
        var same = label.Categories.OfType<TagCategory>().FirstOrDefault(c => c.TagSet == more.TagSet && c.Type == more.Type);
        var category = new TagCategory(more.TagSet, more.Type, [.. same?.Values ?? [], more.Value!.Value]) { Syntax = policy.LabelSyntax };
        return label with { Categories = same is null ? label.Categories.Add(category) : label.Categories.Replace(same, category) };
    }

    private bool MayUse(SecurityLabel label, SecurityPolicy policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        if (!LabelValidity.IsValid(label, policy, LabelUse.Originated, authority.Now) || authority.Denial(label, from) is not null) return false;
        var encoded = new MessageLabel(EssLabel.Encode(label));
        return to.All(t => t.Link.Labels is not { } labels || labels.Judge(encoded, t.Recipient).Goes);
    }
}
