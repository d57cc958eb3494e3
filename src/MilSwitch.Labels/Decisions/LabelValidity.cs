using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// Whether a policy knows a label and allows its elements to stand together (X.841 §6, SDN.801c). A label that could be read is
/// well formed; this is the second half of the check. Pure and thread-safe.
/// </summary>
public static class LabelValidity
{
    /// <summary>Checks a label and tells every step.</summary>
    /// <param name="use">Whether obsolete elements may stand in it.</param>
    /// <param name="at">When: a category outside of its period makes the label invalid, whoever made it. Null: periods are not asked about.</param>
    public static LabelDecision Check(SecurityLabel label, SecurityPolicy policy, LabelUse use = LabelUse.Received, DateTimeOffset? at = null)
    {
        var trail = new DecisionTrail();
        Run(label, policy, use, at, trail);
        return trail.Conclude();
    }

    /// <summary>The same answer without the steps: allocates nothing.</summary>
    /// <inheritdoc cref="Check"/>
    public static bool IsValid(SecurityLabel label, SecurityPolicy policy, LabelUse use = LabelUse.Received, DateTimeOffset? at = null) => Run(label, policy, use, at, null);

    /// <summary>With a trail every rule is tried and the result is to be taken from it; without one the first unmet rule ends it.</summary>
    internal static bool Run(SecurityLabel label, SecurityPolicy policy, LabelUse use, DateTimeOffset? at, DecisionTrail? trail)
    {
        // A label of another policy has no meaning in this one: nothing else can be said of it.
        var isOfPolicy = label.Policy == policy.Id;
        trail?.Add(new DecisionStep(DecisionRule.Policy, isOfPolicy) { Detail = isOfPolicy ? null : DecisionDetails.OtherPolicy });
        if (!isOfPolicy) return false;
        if (!CheckClassification(label, policy, use, trail, out var classification) && trail is null) return false;
        foreach (var category in label.Categories)
        {
            if (!CheckCategory(label, category, policy, use, trail) && trail is null) return false;
        }

        if (at is { } time && policy.HasPeriods && !CheckPeriods(label.Categories, policy, time, trail) && trail is null) return false;
        if (!CheckRepetition(label.Categories, trail) && trail is null) return false;
        if (!SelectionRule.IsEnough(label, policy, trail) && trail is null) return false;
        if (classification is not null)
        {
            if (!CheckRequired(classification.Required, label, trail) && trail is null) return false;
            if (!CheckExcluded(classification.Excluded, label, trail) && trail is null) return false;
        }

        return CheckPrivacyMark(label, policy, use, trail);
    }

    private static bool CheckClassification(SecurityLabel label, SecurityPolicy policy, LabelUse use, DecisionTrail? trail, out ClassificationDefinition? classification)
    {
        classification = null;
        if (label.Classification is not { } value)
        {
            // RFC 2634 §3.2 leaves it out where a policy has none; a policy that has some can't order a label without.
            var isNeeded = !policy.Classifications.IsEmpty;
            if (isNeeded) trail?.Add(new DecisionStep(DecisionRule.KnownClassification, false) { Detail = DecisionDetails.NoClassification });
            return !isNeeded;
        }

        classification = policy.Classification(value);
        trail?.Add(new DecisionStep(DecisionRule.KnownClassification, classification is not null) { Present = [value] });
        if (classification is null) return false;
        return !classification.IsObsolete || CheckObsolete(use, trail, null, null, value);
    }

    private static bool CheckCategory(SecurityLabel label, LabelCategory category, SecurityPolicy policy, LabelUse use, DecisionTrail? trail)
    {
        if (category is not TagCategory tag)
        {
            trail?.Add(new DecisionStep(DecisionRule.KnownCategory, false) { Detail = DecisionDetails.UnknownSyntax });
            return false;
        }

        if (policy.Tag(tag.TagSet, tag.Type)?.Tag is not { } definition)
        {
            trail?.Add(new DecisionStep(DecisionRule.KnownCategory, false) { TagSet = tag.TagSet, Type = tag.Type, Present = tag.Values, PresentTexts = tag.Texts, Detail = DecisionDetails.UnknownTag });
            return false;
        }

        var isKnown = true;
        foreach (var value in tag.Values) isKnown &= definition.Has(value);
        foreach (var text in tag.Texts) isKnown &= definition.Has(text);
        trail?.Add(isKnown ? new DecisionStep(DecisionRule.KnownCategory, true) { TagSet = tag.TagSet, Type = tag.Type, Present = tag.Values, PresentTexts = tag.Texts } : Unknown(tag, definition));
        if (!isKnown && trail is null) return false;

        var isMet = isKnown & SelectionRule.IsFewEnough(tag, policy, trail);
        foreach (var value in tag.Values)
        {
            if (definition.Find(value) is not { } known) continue;
            isMet &= CheckRules(known, tag, label, use, trail);
            if (!isMet && trail is null) return false;
        }

        foreach (var text in tag.Texts)
        {
            if (definition.Find(text) is not { } known) continue;
            isMet &= CheckRules(known, tag, label, use, trail);
            if (!isMet && trail is null) return false;
        }

        return isMet;
    }

    private static DecisionStep Unknown(TagCategory tag, TagDefinition definition) => new(DecisionRule.KnownCategory, false)
    {
        TagSet = tag.TagSet, Type = tag.Type, Present = [.. tag.Values.Where(v => !definition.Has(v))], PresentTexts = [.. tag.Texts.Where(t => !definition.Has(t))],
    };

    private static bool CheckRules(CategoryDefinition known, TagCategory tag, SecurityLabel label, LabelUse use, DecisionTrail? trail)
    {
        var isMet = !known.IsObsolete || CheckObsolete(use, trail, tag.TagSet, tag.Type, known.Text is null ? known.Value : null, known.Text);
        isMet &= CheckRequired(known.Required, label, trail) & CheckExcluded(known.Excluded, label, trail);
        if (!known.ExcludedClassifications.IsEmpty) isMet &= CheckExcludedClassifications(known, tag, label, trail);
        return isMet;
    }

    private static bool CheckObsolete(LabelUse use, DecisionTrail? trail, string? tagSet, TagType? type, int? value, string? text = null)
    {
        var isMet = use is LabelUse.Received;
        trail?.Add(new DecisionStep(DecisionRule.Obsolete, isMet) { TagSet = tagSet, Type = type, Present = value is { } element ? [element] : [], PresentTexts = text is null ? [] : [text] });
        return isMet;
    }

    // When a label was made it does not say, so the period is that in which it may be met.
    private static bool CheckPeriods(ImmutableArray<LabelCategory> categories, SecurityPolicy policy, DateTimeOffset at, DecisionTrail? trail)
    {
        var all = true;
        foreach (var category in categories)
        {
            if (category is not TagCategory tag || policy.Tag(tag.TagSet, tag.Type)?.Tag is not { } definition) continue;
            foreach (var value in tag.Values) all &= CheckPeriod(definition.Find(value), tag, at, trail);
            foreach (var text in tag.Texts) all &= CheckPeriod(definition.Find(text), tag, at, trail);
        }

        return all;
    }

    private static bool CheckPeriod(CategoryDefinition? known, TagCategory tag, DateTimeOffset at, DecisionTrail? trail)
    {
        if (known is not { HasPeriod: true }) return true;
        var isMet = known.IsCurrentAt(at);
        trail?.Add(new DecisionStep(DecisionRule.Period, isMet) { TagSet = tag.TagSet, Type = tag.Type, Present = known.Text is null ? [known.Value] : [], PresentTexts = known.Text is { } text ? [text] : [] });
        return isMet;
    }

    // Two that would be one tag: a reader that looks at the first and one that looks at the last would differ.
    private static bool CheckRepetition(ImmutableArray<LabelCategory> categories, DecisionTrail? trail)
    {
        var isMet = true;
        for (var i = 1; i < categories.Length; i++)
        {
            if (categories[i] is not TagCategory tag) continue;
            for (var j = 0; j < i; j++)
            {
                if (categories[j] is not TagCategory other || other.Type != tag.Type || other.TagSet != tag.TagSet) continue;
                trail?.Add(new DecisionStep(DecisionRule.OnceEach, false) { TagSet = tag.TagSet, Type = tag.Type });
                isMet = false;
                break;
            }
        }

        return isMet;
    }

    private static bool CheckRequired(ImmutableArray<RequiredCategories> rules, SecurityLabel label, DecisionTrail? trail)
    {
        var all = true;
        foreach (var rule in rules)
        {
            var isMet = RequiredRule.IsMet(rule, label.Categories);
            all &= isMet;
            trail?.Add(DecisionDetails.Required(rule, isMet));
        }

        return all;
    }

    private static bool CheckExcluded(ImmutableArray<CategoryReference> excluded, SecurityLabel label, DecisionTrail? trail)
    {
        var all = true;
        foreach (var reference in excluded)
        {
            var isMet = RequiredRule.Count(reference, label.Categories) is 0;
            all &= isMet;
            trail?.Add(new DecisionStep(DecisionRule.ExcludedCategory, isMet) { TagSet = reference.TagSet, Type = reference.Type, Present = reference.Value is { } value ? [value] : [], PresentTexts = reference.Text is { } text ? [text] : [] });
        }

        return all;
    }

    private static bool CheckExcludedClassifications(CategoryDefinition known, TagCategory tag, SecurityLabel label, DecisionTrail? trail)
    {
        var isMet = label.Classification is not { } classification || !known.ExcludedClassifications.Contains(classification);
        trail?.Add(new DecisionStep(DecisionRule.ExcludedClassification, isMet) { TagSet = tag.TagSet, Type = tag.Type, Present = known.Text is null ? [known.Value] : [], PresentTexts = known.Text is { } text ? [text] : [] });
        return isMet;
    }

    // Where a policy lists none it leaves them to people.
    private static bool CheckPrivacyMark(SecurityLabel label, SecurityPolicy policy, LabelUse use, DecisionTrail? trail)
    {
        if (label.PrivacyMark is not { } mark)
        {
            if (policy.NeedsPrivacyMark) trail?.Add(new DecisionStep(DecisionRule.PrivacyMark, false) { Detail = DecisionDetails.NoPrivacyMark });
            return !policy.NeedsPrivacyMark;
        }

        if (policy.PrivacyMarks.IsEmpty) return true;
        foreach (var known in policy.PrivacyMarks)
        {
            if (known.Name != mark) continue;
            trail?.Add(new DecisionStep(DecisionRule.PrivacyMark, true));
            return !known.IsObsolete || CheckObsolete(use, trail, null, null, null);
        }

        trail?.Add(new DecisionStep(DecisionRule.PrivacyMark, false));
        return false;
    }
}
