using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

/// <summary>A small policy with one of everything that XML labels and markings have rules for.</summary>
internal static class SamplePolicy
{
    public const string Id = "1.2.826.0.1.1.77";
    public const string Handling = "1.2.826.0.1.1.77.1";
    public const string Release = "1.2.826.0.1.1.77.2";
    public const string Context = "1.2.826.0.1.1.77.3";
    public const string Staff = "1.2.826.0.1.1.77.4";

    public static SecurityPolicy Policy { get; } = new()
    {
        Id = Id,
        Name = "NORTHLAND",
        Classifications =
        [
            new ClassificationDefinition { Name = "OPEN", Value = 1, Hierarchy = 1, Markings = [new MarkingData("OUVERT", "fr", MarkingCodes.PageTop | MarkingCodes.PageBottom)] },
            new ClassificationDefinition { Name = "SECRET", Value = 4, Hierarchy = 4, Markings = [new MarkingData("SECRET (fr)", "fr", MarkingCodes.PageTop), new MarkingData("SECRET (ca)", "fr-CA", MarkingCodes.PageTop)] },
            new ClassificationDefinition
            {
                Name = "TOP SECRET", Value = 5, Hierarchy = 5,
                Markings = [new MarkingData("STELLAR", null, MarkingCodes.ReplacePolicy), new MarkingData("TRES SECRET", "fr", MarkingCodes.PageTop)],
                Qualifiers = [new MarkingQualifier(MarkingCodes.None, null, "*", null, "*")],
            },
        ],
        TagSets =
        [
            new TagSetDefinition
            {
                Name = "Handling", Id = Handling,
                Tags =
                [
                    new TagDefinition
                    {
                        Name = "Handling", Type = TagType.Restrictive,
                        Categories = [Category("ATOMIC", 1, 0), Category("CRYPTO", 2, 1, new MarkingData(null, null, MarkingCodes.NoMarkingDisplay)), Category("MEDICAL", 3, 2, new MarkingData("MED", null, MarkingCodes.Subject), new MarkingData("MEDICAL CARE", null, MarkingCodes.PageTop)), Category("TWICE", 4, 3)],
                        Qualifiers = [new MarkingQualifier(MarkingCodes.PageTop, null, null, " ", null)],
                    },
                    new TagDefinition { Name = "Numbered", Type = TagType.EnumeratedRestrictive, Categories = [Category("TWICE", 11, 13), Category("BOX", 70_000, 14)] },
                ],
            },
            new TagSetDefinition
            {
                Name = "Releasable To", Id = Release,
                Tags =
                [
                    new TagDefinition
                    {
                        Name = "Releasable To", Type = TagType.EnumeratedPermissive,
                        Categories = [Category("SOUTHLAND", 10, 15), Category("EASTLAND", 20, 16, new MarkingData("Eastland", null, MarkingCodes.PageTop | MarkingCodes.PageBottom))],
                        Qualifiers = [new MarkingQualifier(MarkingCodes.PageTop | MarkingCodes.PageBottom, null, "Releasable to ", ", ", null), new MarkingQualifier(MarkingCodes.PageTop | MarkingCodes.PageBottom, "fr", "Communicable à ", null, null)],
                    },
                ],
            },
            new TagSetDefinition
            {
                Name = "Context", Id = Context,
                Tags =
                [
                    new TagDefinition
                    {
                        Name = "Context", Type = TagType.Permissive,
                        Categories = [Category("JOINT", 0, 17, new MarkingData("NORTHLAND/JOINT", null, MarkingCodes.NoNameDisplay | MarkingCodes.ReplacePolicy)), Category("SILENT", 1, 18, new MarkingData(null, null, MarkingCodes.NoNameDisplay)), Category("SENSITIVE", 2, 19, new MarkingData("OPEN-SENSITIVE", null, MarkingCodes.SuppressClassName)) with { ExcludedClassifications = [4, 5] }],
                    },
                ],
            },
            new TagSetDefinition
            {
                Name = "Staff", Id = Staff,
                Tags = [new TagDefinition { Name = "Staff", Type = TagType.InformativeBits, Categories = [Category("STAFF", 2, 20), Category("PERSONAL", 3, 21)], Qualifiers = [new MarkingQualifier(MarkingCodes.PageTop, null, "- ", " ", null)] }],
            },
        ],
        PrivacyMarks = [new PrivacyMarkDefinition("MEDICAL IN CONFIDENCE", false, []), new PrivacyMarkDefinition("HIDDEN", false, [new MarkingData(null, null, MarkingCodes.NoMarkingDisplay)])],
    };

    public static PolicySet Set { get; } = new([Policy]);

    public static SecurityLabel Label(int? classification, params LabelCategory[] categories) => new() { Policy = Id, Classification = classification, Categories = [.. categories] };

    private static CategoryDefinition Category(string name, int value, int ordinal, params MarkingData[] markings) => new() { Name = name, Value = value, Ordinal = ordinal, Markings = [.. markings] };
}
