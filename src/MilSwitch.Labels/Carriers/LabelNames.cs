using System.Collections.Immutable;
using System.Xml.Linq;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// What the names of an XML label mean in a policy. In their exact letters first; else, as ADatP-4774 has it for the NATO policy,
/// without regard to case, where that leaves one meaning.
/// </summary>
internal static class LabelNames
{
    /// <param name="policies">Known ones.</param>
    /// <param name="name">Empty: none given.</param>
    /// <param name="id">Null: none given.</param>
    /// <param name="at">For the refusal.</param>
    public static SecurityPolicy Policy(PolicySet policies, string name, string? id, XObject at)
    {
        if (id is not null)
        {
            var identified = policies.Find(id) ?? throw LabelXml.Refusal(LabelFault.UnknownPolicy, "the label's policy is not known", at);
            return name.Length == 0 || identified.Name.Equals(name, StringComparison.OrdinalIgnoreCase) ? identified
                : throw LabelXml.Refusal(LabelFault.Ambiguous, "the label's policy has one name and the identifier of another", at);
        }

        return One(policies.All, p => p.Name, name, "policy", at, LabelFault.UnknownPolicy);
    }

    public static ClassificationDefinition Classification(SecurityPolicy policy, string name, XObject at) =>
        policy.Classification(name) ?? One(policy.Classifications, c => c.Name, name, "classification", at);

    /// <summary>A tag set by its name, or by that of one of several tags of one type, and then just these.</summary>
    public static (TagSetDefinition Set, ImmutableArray<TagDefinition> Tags) TagSet(SecurityPolicy policy, string name, string? id, XObject at)
    {
        PolicyTag[] parted = [.. policy.TagSets.Where(s => id is null || s.Id == id).SelectMany(s => s.Tags.Where(t => policy.Tags(s.Id, t.Type).Length > 1).Select(t => new PolicyTag(s, t)))];
        var isSet = policy.TagSets.Any(s => s.Name == name) || (policy.TagSets.Any(s => s.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) && !parted.Any(t => t.Tag.Name == name));
        if (!isSet && parted.Any(t => t.Tag.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            var found = One(parted, t => t.Tag.Name, name, "tag", at);
            return (found.Set, [found.Tag]);
        }

        var set = One(policy.TagSets, s => s.Name, name, "tag set", at);
        return id is null || set.Id == id ? (set, set.Tags) : throw LabelXml.Refusal(LabelFault.Ambiguous, "a tag set has one name and the identifier of another", at);
    }

    /// <summary>In which of the tags a name stands.</summary>
    public static (TagDefinition Tag, CategoryDefinition Category) Category(ImmutableArray<TagDefinition> tags, string name, XObject at)
    {
        foreach (var comparison in (ReadOnlySpan<StringComparison>)[StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase])
        {
            (TagDefinition, CategoryDefinition)? found = null;
            foreach (var tag in tags)
            {
                foreach (var category in tag.Categories)
                {
                    if (category.Input is not null || !category.Name.Equals(name, comparison)) continue;
                    if (found is not null) throw LabelXml.Refusal(LabelFault.Ambiguous, "more than one category has this name", at);
                    found = (tag, category);
                }
            }

            if (found is not null) return found.Value;
        }

        // What people enter is named by itself.
        (TagDefinition Tag, CategoryDefinition Category)[] entered = [.. tags.Where(t => t.Open?.Input?.Read(name) is { } value && t.IsEntered(value)).Select(t => (t, t.Find(t.Open!.Input!.Read(name)!.Value)!))];
        if (entered.Length is 0) entered = [.. tags.Where(t => t.IsEntered(name)).Select(t => (t, t.Find(name)!))];
        return entered switch
        {
            [var only] => only,
            [] => throw LabelXml.Refusal(LabelFault.UnknownName, "the policy has no category of this name", at),
            _ => throw LabelXml.Refusal(LabelFault.Ambiguous, "more than one category takes this value", at),
        };
    }

    private static T One<T>(IEnumerable<T> all, Func<T, string> nameOf, string name, string what, XObject at, LabelFault unknown = LabelFault.UnknownName)
        where T : class
    {
        foreach (var comparison in (ReadOnlySpan<StringComparison>)[StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase])
        {
            T? found = null;
            foreach (var one in all)
            {
                if (!nameOf(one).Equals(name, comparison)) continue;
                if (found is not null) throw LabelXml.Refusal(LabelFault.Ambiguous, $"more than one {what} has this name", at);
                found = one;
            }

            if (found is not null) return found;
        }

        throw LabelXml.Refusal(unknown, $"the policy has no {what} of this name", at);
    }
}
