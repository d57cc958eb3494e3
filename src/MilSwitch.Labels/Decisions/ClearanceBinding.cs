using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>Turns names and numbers into values: <see cref="ClearanceText"/> into <see cref="Clearance"/>. Pure and thread-safe.</summary>
public static class ClearanceBinding
{
    private const string Every = "*";

    /// <summary>Finds the policy among those that are loaded, and binds to it.</summary>
    /// <exception cref="ClearanceRefusedException">A name is not known or means two things.</exception>
    public static Clearance Bind(ClearanceText text, PolicySet policies) =>
        Bind(text, policies.Named(text.Policy) ?? throw new ClearanceRefusedException([$"policy '{text.Policy}' is not loaded, or two have this name"]));

    /// <exception cref="ClearanceRefusedException">The policy is another, or a name is not known or means two things.</exception>
    public static Clearance Bind(ClearanceText text, SecurityPolicy policy)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        if (text.Policy != policy.Id && text.Policy != policy.Name) problems.Add($"the clearance is of policy '{text.Policy}', not of '{policy.Name}'");
        var classifications = BindClassifications(text, policy, problems);
        var categories = ImmutableArray.CreateBuilder<LabelCategory>();
        foreach (var (name, values) in text.Categories) BindCategories(name, values, policy, categories, problems);
        var repeated = categories.OfType<TagCategory>().GroupBy(tag => (tag.TagSet, tag.Type)).Where(group => group.Count() > 1);
        problems.AddRange(repeated.Select(group => $"tag set '{policy.TagSet(group.Key.TagSet)?.Name}' stands twice"));
        if (categories.Count > LabelBounds.Categories) problems.Add($"more than {LabelBounds.Categories} tags have values");
        if (problems.Count > 0) throw new ClearanceRefusedException(problems.ToImmutable());
        return new Clearance { Policy = policy.Id, Classifications = classifications, IncludesLower = text.UpTo is not null, Categories = categories.ToImmutable() };
    }

    private static ImmutableArray<int> BindClassifications(ClearanceText text, SecurityPolicy policy, ImmutableArray<string>.Builder problems)
    {
        // Somebody who writes none means perhaps all, perhaps nothing.
        if ((text.UpTo is null) == (text.Classifications.Count is 0)) problems.Add("either classifications or up-to must be there, and not both");
        var values = new SortedSet<int>();
        foreach (var name in text.UpTo is { } top ? text.Classifications.Append(top) : text.Classifications)
        {
            if (policy.Written(name) is not { } known) problems.Add($"policy {policy.Name} has no classification '{name}'");
            else if (!values.Add(known.Value)) problems.Add($"classification '{name}' stands twice");
        }

        return [.. values];
    }

    private static void BindCategories(string name, IReadOnlyList<string> values, SecurityPolicy policy, ImmutableArray<LabelCategory>.Builder categories, ImmutableArray<string>.Builder problems)
    {
        if (policy.WrittenSet(name) is not { } found)
        {
            problems.Add($"policy {policy.Name} has no tag set '{name}'");
            return;
        }

        if (values is [Every])
        {
            categories.AddRange(TagSetDefinition.Joined(found.Listed(), policy.ClearanceSyntax));
            return;
        }

        // Informative tags never decide, so nobody is cleared for them.
        var held = new List<CategoryReference>();
        foreach (var value in values)
        {
            var meant = found.Written(value, isDeciding: true);
            if (meant.IsEmpty) problems.Add($"tag set '{name}' has no value '{value}' that decides on access");
            else if (meant.Length > 1) problems.Add($"tag set '{name}' has more than one value '{value}'");
            else if (held.Contains(meant[0])) problems.Add($"value '{value}' of tag set '{name}' stands twice");
            else held.Add(meant[0]);
        }

        try
        {
            categories.AddRange(TagSetDefinition.Joined(held, policy.ClearanceSyntax));
        }
        catch (LabelRefusedException refused)
        {
            problems.Add($"tag set '{name}': {refused.Message}");
        }
    }
}
