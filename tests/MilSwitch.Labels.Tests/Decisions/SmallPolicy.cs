using System.Collections.Immutable;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Decisions;

/// <summary>A policy of a few elements, and labels and clearances of it written shortly.</summary>
internal static class SmallPolicy
{
    public const string Id = "1.3.6.1.4.1.99999.5.1";
    public const string Sensitivity = Id + ".1";
    public const string Release = Id + ".2";
    public const string Context = Id + ".3";
    public const string Projects = Id + ".4";

    public const int Unclassified = 1, Secret = 4, TopSecret = 5, Restricted = 2;

    public static SecurityPolicy Policy { get; } = Make();

    public static SecurityPolicy Make(
        Func<ClassificationDefinition, ClassificationDefinition>? classification = null, Func<CategoryDefinition, CategoryDefinition>? category = null,
        string id = Id, ImmutableArray<PrivacyMarkDefinition> marks = default, Func<TagDefinition, TagDefinition>? tag = null, ImmutableArray<EquivalentPolicy> equivalents = default)
    {
        return new SecurityPolicy
        {
            Id = id,
            Name = "NATO",
            Classifications = [Class("UNCLASSIFIED", 1, 10), Class("RESTRICTED", 2, 20), Class("SECRET", 4, 40), Class("TOP SECRET", 5, 50)],
            TagSets =
            [
                Set("Additional Sensitivity", id + ".1", TagType.Restrictive, ("ATOMAL", 0), ("CRYPTO", 1), ("BOHEMIA", 2)),
                Set("Releasable To", id + ".2", TagType.Permissive, ("GBR", 0), ("USA", 1), ("DEU", 2)),
                Set("Context", id + ".3", TagType.InformativeBits, ("STAFF", 0), ("MEDICAL", 1)),
                Set("Projects", id + ".4", TagType.EnumeratedRestrictive, ("LYNX", 700), ("OTTER", 900)),
            ],
            PrivacyMarks = marks.IsDefault ? [] : marks,
            EquivalentPolicies = equivalents.IsDefault ? [] : equivalents,
        };

        ClassificationDefinition Class(string name, int value, int hierarchy)
        {
            var made = new ClassificationDefinition { Name = name, Value = value, Hierarchy = hierarchy };
            return classification?.Invoke(made) ?? made;
        }

        TagSetDefinition Set(string name, string set, TagType type, params (string Name, int Value)[] values)
        {
            var made = new TagDefinition
            {
                Name = name, Type = type,
                Categories = [.. values.Select((v, i) => new CategoryDefinition { Name = v.Name, Value = v.Value, Ordinal = i }).Select(c => category?.Invoke(c) ?? c)],
            };
            return new TagSetDefinition { Name = name, Id = set, Tags = [tag?.Invoke(made) ?? made] };
        }
    }

    public static TagCategory Sensitive(params int[] values) => new(Sensitivity, TagType.Restrictive, [.. values]);

    public static TagCategory For(params int[] values) => new(Release, TagType.Permissive, [.. values]);

    public static TagCategory Informs(params int[] values) => new(Context, TagType.InformativeBits, [.. values]);

    public static TagCategory Project(params int[] values) => new(Projects, TagType.EnumeratedRestrictive, [.. values]);

    public static SecurityLabel Label(int? classification, params LabelCategory[] categories) => new() { Policy = Id, Classification = classification, Categories = [.. categories] };

    public static Clearance Exactly(int[] classifications, params LabelCategory[] categories) => new() { Policy = Id, Classifications = [.. classifications], Categories = [.. categories] };

    public static Clearance UpTo(int classification, params LabelCategory[] categories) => Exactly([classification], categories) with { IncludesLower = true };
}
