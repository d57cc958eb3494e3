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

/// <summary>Tries every classification of a policy, and each of its categories with it, against all who would see or send it. Pure and thread-safe.</summary>
/// <param name="authority">Judges.</param>
/// <param name="home">The policy that is meant where none is named; null: there is none.</param>
public sealed class LabelCatalogueList(LabelAuthority authority, SecurityPolicy? home) : ILabelCatalogue
{
    public PolicySet Policies => authority.Policies;

    public LabelCatalogue List(string? policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        var chosen = policy is null
            ? home ?? throw new FormatException("no policy is named, and the configuration has none that would be meant then (labels.policy)")
            : authority.Policies.Named(policy) ?? throw new FormatException($"there is no policy '{policy}'");
        // Who is asked for the same is asked once: what follows asks for each category of the policy.
        to = [.. to.DistinctBy(t => (t.Link.Labels, authority.Clearances.Find(t.Recipient)))];
        return new LabelCatalogue(
            chosen.Id, chosen.Name, chosen.Version, [.. chosen.Classifications.Where(c => !c.IsObsolete).Select(c => Entry(c, chosen, from, to)).OfType<LabelCatalogueEntry>()]);
    }

    private LabelCatalogueEntry? Entry(ClassificationDefinition classification, SecurityPolicy policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        var alone = new SecurityLabel { Policy = policy.Id, Classification = classification.Value };
        var categories = policy.TagSets.SelectMany(set => set.Tags.SelectMany(tag => tag.Categories.Select(category => (set, tag, category))))
            .Where(c => !c.category.IsObsolete && MayUse(alone with { Categories = [new TagCategory(c.set.Id, c.tag.Type, [c.category.Value]) { Syntax = policy.LabelSyntax }] }, policy, from, to))
            .Select(c => new LabelCatalogueCategory(c.set.Id, c.set.Name, c.tag.Type.Name(), c.category.Value, c.category.Name))
            .ToImmutableArray();
        var stands = MayUse(alone, policy, from, to);
        if (!stands && categories.IsEmpty) return null;
        return new LabelCatalogueEntry(
            classification.Value, classification.Name, classification.Color, stands ? EssLabel.Encode(alone) : default(ReadOnlyMemory<byte>?),
            stands ? MarkingText.Generate(alone, policy, MarkingPlace.Display) : null, categories);
    }

    private bool MayUse(SecurityLabel label, SecurityPolicy policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to)
    {
        if (!LabelValidity.IsValid(label, policy, LabelUse.Originated) || authority.Denial(label, from) is not null) return false;
        var encoded = new MessageLabel(EssLabel.Encode(label));
        return to.All(t => t.Link.Labels is not { } labels || labels.Judge(encoded, t.Recipient).Goes);
    }
}
