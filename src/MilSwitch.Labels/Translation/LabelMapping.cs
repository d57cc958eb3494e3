using System.Collections.Immutable;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>One way from a policy to another: what the two say of it, and nothing of the way back. Immutable and thread-safe.</summary>
internal sealed class LabelMapping
{
    private readonly SecurityPolicy from;
    private readonly SecurityPolicy to;
    private readonly PolicyEquivalence equivalence;

    public LabelMapping(SecurityPolicy from, SecurityPolicy to)
    {
        this.from = from;
        this.to = to;
        equivalence = new PolicyEquivalence(from, to);
    }

    /// <summary>One of the policies speaks of the other.</summary>
    public bool Exists => equivalence.Exists;

    /// <param name="label">Valid in the policy that the way begins in.</param>
    /// <param name="at">When, for the check of the result; null: periods are not asked about.</param>
    public TranslationResult Map(SecurityLabel label, DateTimeOffset? at)
    {
        try
        {
            return MapAll(label, at);
        }
        catch (LabelRefusedException refusal)
        {
            // An equivalence that points at what no label can have.
            return new TranslationResult.Unmappable([new UnmappableReason(UnmappableCause.InvalidResult, refusal.Message)]);
        }
    }

    private TranslationResult MapAll(SecurityLabel label, DateTimeOffset? at)
    {
        var reasons = ImmutableArray.CreateBuilder<UnmappableReason>();
        var discarded = ImmutableArray.CreateBuilder<CategoryReference>();
        var target = new TargetCategories(from, to);
        var required = equivalence.Required;
        var classification = MapClassification(label, reasons, ref required);
        foreach (var category in label.Categories.OfType<TagCategory>()) MapCategory(category, target, discarded, reasons);
        foreach (var set in from.TagSets) AddTagSet(set, label, reasons, ref required);
        foreach (var rule in required) Complete(rule, target, reasons);
        reasons.AddRange(target.Widened().Select(tag => new UnmappableReason(UnmappableCause.WouldWiden, $"several needs would become a choice: {Explanation.Reference(tag, to)}")));
        if (label.PrivacyMark is { } mark && !to.PrivacyMarks.IsEmpty && !to.PrivacyMarks.Any(known => known.Name == mark))
            reasons.Add(new UnmappableReason(UnmappableCause.PrivacyMark, $"policy {to.Name} has no such privacy mark"));
        if (reasons.Count > 0) return new TranslationResult.Unmappable(reasons.ToImmutable());

        var result = new SecurityLabel { Policy = to.Id, Classification = classification, PrivacyMark = label.PrivacyMark, Categories = target.Build(to.LabelSyntax) };
        var validity = LabelValidity.Check(result, to, LabelUse.Originated, at);
        return validity.IsGranted
            ? new TranslationResult.Translated(result, label, discarded.ToImmutable())
            : new TranslationResult.Unmappable([.. validity.Unmet.Select(step => new UnmappableReason(UnmappableCause.InvalidResult, Explanation.Describe(step, to)))]);
    }

    private int? MapClassification(SecurityLabel label, ImmutableArray<UnmappableReason>.Builder reasons, ref ImmutableArray<RequiredCategories> required)
    {
        if (label.Classification is not { } value || from.Classification(value) is not { } known) return null;
        EquivalentClassification[] granted = [.. equivalence.Granted(known)];
        var claimed = equivalence.Claimed(value);
        int[] targets = [.. granted.Select(e => e.Value).Concat(claimed.Select(e => e.Value)).Distinct()];
        if (targets is not [var target])
        {
            reasons.Add(targets.Length is 0
                ? new UnmappableReason(UnmappableCause.Classification, $"classification {known.Name} has no equivalent in policy {to.Name}")
                : new UnmappableReason(UnmappableCause.Contradiction, $"classification {known.Name} has several equivalents: {string.Join(", ", targets.Select(t => to.Classification(t)?.Name ?? "an unknown one"))}"));
            return null;
        }

        required = [.. required, .. granted.SelectMany(e => e.Required)];
        // Written in the target's policy they speak of labels of this one: without them the two are not said to be equivalent.
        var unmet = claimed.SelectMany(e => e.Condition).Where(rule => !RequiredRule.IsMet(rule, label.Categories)).ToArray();
        foreach (var rule in unmet)
        {
            reasons.Add(new UnmappableReason(UnmappableCause.Condition, $"classification {known.Name} is equivalent to {to.Classification(target)?.Name} with other categories only: {Explanation.Describe(DecisionDetails.Required(rule, false), from)}"));
        }

        return target;
    }

    // What a tag set brings with it, whichever of its values the label has.
    private void AddTagSet(TagSetDefinition set, SecurityLabel label, ImmutableArray<UnmappableReason>.Builder reasons, ref ImmutableArray<RequiredCategories> required)
    {
        if (set.Equivalents.IsEmpty || !label.Categories.OfType<TagCategory>().Any(c => c.TagSet == set.Id && !c.IsEmpty)) return;
        foreach (var equivalent in set.Equivalents.Where(e => e.Policy == to.Id))
        {
            if (equivalent.TagSet is { } named && to.TagSet(named) is null && !to.TagSets.Any(s => s.Name == named))
                reasons.Add(new UnmappableReason(UnmappableCause.Contradiction, $"policy {to.Name} has no tag set that is equivalent to '{set.Name}'"));
            required = [.. required, .. equivalence.Resolved(equivalent.Required)];
        }
    }

    private void MapCategory(TagCategory source, TargetCategories target, ImmutableArray<CategoryReference>.Builder discarded, ImmutableArray<UnmappableReason>.Builder reasons)
    {
        var tag = from.Tag(source.TagSet, source.Type)!.Tag;
        if (source.IsEmpty)
        {
            // It permits nobody when it is permissive; nothing in another policy is known to say the same.
            reasons.Add(new UnmappableReason(UnmappableCause.Category, $"{source.Type.Name()} tag '{tag.Name}' without a value has no equivalent in policy {to.Name}"));
            return;
        }

        foreach (var reference in source.Values.Select(v => new CategoryReference(source.TagSet, source.Type, v)).Concat(source.Texts.Select(t => new CategoryReference(source.TagSet, source.Type, null) { Text = t })))
        {
            var (granted, isClear) = equivalence.Granted(tag.Find(reference)!);
            // Equivalences speak of a category whose value people enter by the value that stands for all.
            var claimed = equivalence.Claimed(tag.IsEntered(reference) ? (reference.Text is null ? tag.Open! : tag.OpenText!).ReferenceIn(source.TagSet, source.Type) : reference);
            if (!isClear || (granted is not null && claimed is not null && !granted.IsSame(claimed)))
                reasons.Add(new UnmappableReason(UnmappableCause.Contradiction, $"what is said of {Explanation.Reference(reference, from)} does not agree"));
            else if ((granted ?? claimed) is not { } found)
                reasons.Add(new UnmappableReason(UnmappableCause.Category, $"{Explanation.Reference(reference, from)} has no equivalent in policy {to.Name}"));
            else if (found.Targets.IsEmpty)
                discarded.Add(reference);
            else
                foreach (var equivalent in found.Targets) Put(equivalent, reference, tag, target, reasons);
        }
    }

    private void Put(CategoryReference equivalent, CategoryReference reference, TagDefinition tag, TargetCategories target, ImmutableArray<UnmappableReason>.Builder reasons)
    {
        if (equivalent.IsWhole) reasons.Add(new UnmappableReason(UnmappableCause.Choice, $"which value is equivalent to {Explanation.Reference(reference, from)} is not said"));
        else target.Add(tag.IsEntered(reference) && IsOpen(equivalent, reference) ? equivalent with { Value = reference.Value, Text = reference.Text } : equivalent, reference);
    }

    // What was entered here is entered there, if it is of the same kind. Of a category with one value nobody knows what to enter: what stands for all is no value.
    private bool IsOpen(CategoryReference equivalent, CategoryReference entered) =>
        to.Tag(equivalent.TagSet, equivalent.Type)?.Tag.OpenOf(equivalent)?.Input is { } input && input.IsText == (entered.Text is not null);

    // X.841 gives no way to choose: what is not there already is added only where nothing else could be meant.
    private void Complete(RequiredCategories rule, TargetCategories target, ImmutableArray<UnmappableReason>.Builder reasons)
    {
        var categories = target.Build(to.LabelSyntax);
        if (RequiredRule.IsMet(rule, categories)) return;
        if (rule.Operation is RequiredOperation.OnlyOne && RequiredRule.Count(rule.Group, categories) > 1)
        {
            reasons.Add(new UnmappableReason(UnmappableCause.Condition, Explanation.Describe(DecisionDetails.Required(rule, false), to)));
            return;
        }

        CategoryReference[] missing = [.. rule.Group.Where(reference => RequiredRule.Count(reference, categories) is 0)];
        if (rule.Operation is not RequiredOperation.All && missing.Length is not 1)
        {
            reasons.Add(new UnmappableReason(UnmappableCause.Choice, $"which to add is not said: {Explanation.Describe(DecisionDetails.Required(rule, false), to)}"));
            return;
        }

        foreach (var reference in missing)
        {
            if (Only(reference) is not { } concrete) reasons.Add(new UnmappableReason(UnmappableCause.Choice, $"which to add is not said: {Explanation.Reference(reference, to)}"));
            else if (!target.AddRequired(concrete)) reasons.Add(new UnmappableReason(UnmappableCause.WouldWiden, $"one more choice would be added: {Explanation.Reference(concrete, to)}"));
        }
    }

    private CategoryReference? Only(CategoryReference reference) => !reference.IsWhole ? reference
        : to.Tag(reference.TagSet, reference.Type)?.Tag.Categories is [var single] ? single.ReferenceIn(reference.TagSet, reference.Type)
        : null;
}
