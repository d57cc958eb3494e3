using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// The MISSI syntax writes restrictive and permissive numbers alike (SDN.801c tag type 2): which they are is for the policy to say.
/// Labels come from their octets with the strict reading, and are asked about here once the policy is known. Pure.
/// </summary>
public static class MissiCategories
{
    /// <summary>The label with numbers of the kind that its policy's tag set has; itself where nothing is to change.</summary>
    /// <param name="label">As it was read.</param>
    /// <param name="policy">Its policy. A tag set that has both kinds, or none, leaves the strict reading.</param>
    public static SecurityLabel Resolve(SecurityLabel label, SecurityPolicy policy)
    {
        ImmutableArray<LabelCategory>.Builder? changed = null;
        for (var i = 0; i < label.Categories.Length; i++)
        {
            if (label.Categories[i] is not TagCategory { Syntax: CategorySyntax.Missi, Type: TagType.EnumeratedRestrictive } tag) continue;
            if (tag.Values.IsEmpty && !tag.Texts.IsEmpty) continue;
            if (policy.Tag(tag.TagSet, TagType.EnumeratedPermissive) is null || policy.Tag(tag.TagSet, TagType.EnumeratedRestrictive) is not null) continue;
            changed ??= label.Categories.ToBuilder();
            // Texts say themselves of which kind they are: these stay, and those of the other kind belong to the numbers.
            var others = changed.OfType<TagCategory>().FirstOrDefault(c => c.Type is TagType.EnumeratedPermissive && c.TagSet == tag.TagSet && c.Values.IsEmpty && !c.Texts.IsEmpty);
            var at = changed.IndexOf(tag);
            changed[at] = new TagCategory(tag.TagSet, TagType.EnumeratedPermissive, tag.Values) { Texts = others?.Texts ?? [], Syntax = tag.Syntax, SecurityLevel = tag.SecurityLevel };
            if (!tag.Texts.IsEmpty) changed.Add(new TagCategory(tag.TagSet, tag.Type, []) { Texts = tag.Texts });
            if (others is not null) changed.Remove(others);
        }

        return changed is null ? label : label with { Categories = changed.ToImmutable() };
    }
}
