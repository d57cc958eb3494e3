using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// The access control decision function: whether a clearance permits a label under the policy of both (X.841 §7, SDN.801c,
/// RFC 2634 §3.1.3). What can't be decided is denied. Pure and thread-safe.
/// </summary>
public static class AccessControl
{
    /// <summary>Decides and tells every step.</summary>
    /// <param name="label">Null: there is none, which no clearance permits. Whether a label is required is for the caller to ask first.</param>
    /// <param name="isKnownValid">The label was checked against this policy before; else an invalid one is denied here.</param>
    /// <param name="at">When, for the check: categories may have a period. Null: periods are not asked about.</param>
    public static LabelDecision Decide(SecurityLabel? label, Clearance clearance, SecurityPolicy policy, bool isKnownValid = false, DateTimeOffset? at = null)
    {
        var trail = new DecisionTrail();
        Run(label, clearance, policy, isKnownValid, at, trail);
        return trail.Conclude();
    }

    /// <summary>The same answer without the steps: allocates nothing.</summary>
    /// <inheritdoc cref="Decide"/>
    public static bool Permits(SecurityLabel? label, Clearance clearance, SecurityPolicy policy, bool isKnownValid = false, DateTimeOffset? at = null) =>
        Run(label, clearance, policy, isKnownValid, at, null);

    private static bool Run(SecurityLabel? label, Clearance clearance, SecurityPolicy policy, bool isKnownValid, DateTimeOffset? at, DecisionTrail? trail)
    {
        if (label is null)
        {
            trail?.Add(new DecisionStep(DecisionRule.Policy, false) { Detail = DecisionDetails.NoLabel });
            return false;
        }

        // Values of one policy mean nothing in another: no comparison across.
        if (label.Policy != policy.Id || clearance.Policy != policy.Id)
        {
            trail?.Add(new DecisionStep(DecisionRule.Policy, false) { Detail = label.Policy != policy.Id ? DecisionDetails.OtherPolicy : DecisionDetails.OtherClearance });
            return false;
        }

        if (isKnownValid) trail?.Add(new DecisionStep(DecisionRule.Policy, true));
        else if (!LabelValidity.Run(label, policy, LabelUse.Received, at, trail) && trail is null) return false;

        if (!HasClassification(label, clearance, policy, trail) && trail is null) return false;
        foreach (var category in label.Categories)
        {
            if (!Permits(category, clearance, policy, isKnownValid, trail) && trail is null) return false;
        }

        return true;
    }

    private static bool HasClassification(SecurityLabel label, Clearance clearance, SecurityPolicy policy, DecisionTrail? trail)
    {
        if (label.Classification is not { } value)
        {
            var isNone = policy.Classifications.IsEmpty;
            if (!isNone) trail?.Add(new DecisionStep(DecisionRule.Classification, false) { Detail = DecisionDetails.NoClassification });
            return isNone;
        }

        var isMet = clearance.Classifications.Contains(value) || (clearance.IncludesLower && IsBelow(value, clearance, policy));
        trail?.Add(new DecisionStep(DecisionRule.Classification, isMet) { Needed = [value], Present = clearance.Classifications, Detail = clearance.IncludesLower ? DecisionDetails.AndBelow : null });
        return isMet;
    }

    private static bool IsBelow(int value, Clearance clearance, SecurityPolicy policy)
    {
        if (policy.Classification(value) is not { } wanted) return false;
        foreach (var held in clearance.Classifications)
        {
            if (policy.Classification(held) is { } known && known.Hierarchy >= wanted.Hierarchy) return true;
        }

        return false;
    }

    private static bool Permits(LabelCategory category, Clearance clearance, SecurityPolicy policy, bool isKnownValid, DecisionTrail? trail)
    {
        if (category is not TagCategory tag)
        {
            // The check for validity has said so already, where it was made.
            if (isKnownValid) trail?.Add(new DecisionStep(DecisionRule.KnownCategory, false) { Detail = DecisionDetails.UnknownSyntax });
            return false;
        }

        if (tag.Type.IsRestrictive())
        {
            var isMet = HasAll(tag, clearance);
            trail?.Add(Step(DecisionRule.Restrictive, isMet, tag, clearance));
            return isMet;
        }

        if (tag.Type.IsPermissive())
        {
            var parts = policy.Tags(tag.TagSet, tag.Type);
            return parts.Length > 1 && !tag.IsEmpty ? PermitsEach(parts, tag, clearance, trail) : PermitsAny(tag, clearance, trail);
        }

        trail?.Add(new DecisionStep(DecisionRule.Informative, true) { TagSet = tag.TagSet, Type = tag.Type, Present = tag.Values, PresentTexts = tag.Texts });
        return true;
    }

    private static bool PermitsAny(TagCategory tag, Clearance clearance, DecisionTrail? trail)
    {
        // Without a value nobody has one of them: such a label permits nobody.
        var isMet = HasAny(tag, clearance, null);
        trail?.Add(Step(DecisionRule.Permissive, isMet, tag, clearance));
        return isMet;
    }

    // Labels write the values of several tags as one. Each tag is a choice of its own: to be among the readers by one is not enough.
    private static bool PermitsEach(ImmutableArray<TagDefinition> parts, TagCategory tag, Clearance clearance, DecisionTrail? trail)
    {
        var all = true;
        var known = 0;
        foreach (var part in parts)
        {
            var count = part.Count(tag);
            if (count is 0) continue;
            known += count;
            var isMet = HasAny(tag, clearance, part);
            all &= isMet;
            trail?.Add(Step(DecisionRule.Permissive, isMet, part.Own(tag), clearance));
        }

        // A value of none of them: nobody knows to which choice it belongs. The check for validity has said so, where it was made.
        return all && known == tag.Count;
    }

    private static bool HasAll(TagCategory needed, Clearance clearance)
    {
        foreach (var value in needed.Values)
        {
            if (!Has(clearance, needed, value)) return false;
        }

        foreach (var text in needed.Texts)
        {
            if (!Has(clearance, needed, text)) return false;
        }

        return true;
    }

    private static bool HasAny(TagCategory needed, Clearance clearance, TagDefinition? part)
    {
        foreach (var value in needed.Values)
        {
            if (part is not null && part.Find(value) is null) continue;
            if (Has(clearance, needed, value)) return true;
        }

        foreach (var text in needed.Texts)
        {
            if (part is not null && !part.Has(text)) continue;
            if (Has(clearance, needed, text)) return true;
        }

        return false;
    }

    private static bool Has(Clearance clearance, TagCategory needed, int value)
    {
        foreach (var category in clearance.Categories)
        {
            if (category is TagCategory held && held.Type == needed.Type && held.TagSet == needed.TagSet && held.Contains(value)) return true;
        }

        return false;
    }

    private static bool Has(Clearance clearance, TagCategory needed, string text)
    {
        foreach (var category in clearance.Categories)
        {
            if (category is TagCategory held && held.Type == needed.Type && held.TagSet == needed.TagSet && held.Contains(text)) return true;
        }

        return false;
    }

    private static DecisionStep Step(DecisionRule rule, bool isMet, TagCategory needed, Clearance clearance) => new(rule, isMet)
    {
        TagSet = needed.TagSet, Type = needed.Type, Needed = needed.Values, Present = [.. needed.Values.Where(value => Has(clearance, needed, value))],
        NeededTexts = needed.Texts, PresentTexts = [.. needed.Texts.Where(text => Has(clearance, needed, text))],
    };
}
