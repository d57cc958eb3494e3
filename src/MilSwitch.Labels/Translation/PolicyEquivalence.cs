using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Translation;

/// <summary>All that two policies say of the way from one to the other. Immutable.</summary>
internal sealed class PolicyEquivalence
{
    private readonly FrozenDictionary<int, ImmutableArray<(int Value, ImmutableArray<RequiredCategories> Condition)>> claimedClassifications;
    private readonly FrozenDictionary<CategoryReference, ImmutableArray<CategoryReference>> claimedCategories;
    private readonly SecurityPolicy target;

    public PolicyEquivalence(SecurityPolicy from, SecurityPolicy to)
    {
        target = to;
        Required = Resolved(from.Equivalent(to.Id)?.Required ?? [], to);
        claimedClassifications = to.Classifications
            .SelectMany(known => known.Equivalents.Where(e => e.Policy == from.Id && e.Applied.HasFlag(EquivalenceUse.Decrypt)).Select(e => (e.Value, Claim: (known.Value, Resolved(e.Required, from)))))
            .GroupBy(claim => claim.Value).ToFrozenDictionary(group => group.Key, group => group.Select(claim => claim.Claim).ToImmutableArray());
        claimedCategories = to.TagSets
            .SelectMany(set => set.Tags.SelectMany(tag => tag.Categories.SelectMany(known => known.Equivalents
                .Where(e => e.Policy == from.Id && e.Category is { IsWhole: false } && e.Applied.HasFlag(EquivalenceUse.Decrypt))
                .Select(e => (From: from.Resolve(e.Category!) ?? e.Category!, To: known.ReferenceIn(set.Id, tag.Type))))))
            .GroupBy(claim => claim.From).ToFrozenDictionary(group => group.Key, group => group.Select(claim => claim.To).Distinct().ToImmutableArray());
        Exists = from.Equivalent(to.Id) is not null || to.Equivalent(from.Id) is not null || claimedClassifications.Count > 0
            || from.Classifications.Any(known => known.Equivalents.Any(e => e.Policy == to.Id));
    }

    /// <summary>One of them speaks of the other.</summary>
    public bool Exists { get; }

    /// <summary>What every translated label must have, as the policy says that it comes from.</summary>
    public ImmutableArray<RequiredCategories> Required { get; }

    /// <summary>What the policy of the label says of a classification.</summary>
    public IEnumerable<EquivalentClassification> Granted(ClassificationDefinition classification) => classification.Equivalents
        .Where(e => e.Policy == target.Id && e.Applied.HasFlag(EquivalenceUse.Encrypt)).Select(e => e with { Required = Resolved(e.Required, target) });

    /// <summary>What the target policy says of a classification, and which categories of the label's policy it expects with it.</summary>
    public ImmutableArray<(int Value, ImmutableArray<RequiredCategories> Condition)> Claimed(int classification) =>
        claimedClassifications.GetValueOrDefault(classification, []);

    /// <summary>What the policy of the label says of a category; null: nothing. <c>IsClear</c> is false where it says that it is discarded and where it goes.</summary>
    public (EquivalentTarget? Target, bool IsClear) Granted(CategoryDefinition category)
    {
        var discards = false;
        var targets = ImmutableArray.CreateBuilder<CategoryReference>();
        foreach (var e in category.Equivalents)
        {
            if (e.Policy != target.Id || !e.Applied.HasFlag(EquivalenceUse.Encrypt)) continue;
            // What the other policy does not have stays as it is, and makes the result invalid.
            var reference = e.Category is { } named ? target.Resolve(named) ?? named : null;
            if (reference is null) discards = true;
            else if (!targets.Contains(reference)) targets.Add(reference);
        }

        if (!discards && targets.Count is 0) return (null, true);
        return (new EquivalentTarget(targets.ToImmutable()), !(discards && targets.Count > 0));
    }

    /// <summary>What the target policy says of a category; null: nothing.</summary>
    public EquivalentTarget? Claimed(CategoryReference category) => claimedCategories.TryGetValue(category, out var targets) ? new EquivalentTarget(targets) : null;

    /// <summary>Rules of the label's policy about the target.</summary>
    public ImmutableArray<RequiredCategories> Resolved(ImmutableArray<RequiredCategories> rules) => Resolved(rules, target);

    // Rules about another policy name its tag sets as that policy does.
    private static ImmutableArray<RequiredCategories> Resolved(ImmutableArray<RequiredCategories> rules, SecurityPolicy policy) =>
        [.. rules.Select(rule => rule with { Group = [.. rule.Group.Select(reference => policy.Resolve(reference) ?? reference)] })];
}
