using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>The further words of steps: always the same, and never anything out of a label.</summary>
internal static class DecisionDetails
{
    public const string NoLabel = "there is no label";
    public const string OtherPolicy = "the label is of another policy";
    public const string OtherClearance = "the clearance is of another policy";
    public const string NoClassification = "the label has no classification";
    public const string UnknownSyntax = "the label has a category in a syntax that is not known";
    public const string TooMany = "together they have more categories than a label can have";
    public const string AndBelow = "and all below";
    public const string NoPrivacyMark = "every label needs one";
    public const string UnknownTag = "the policy has no such tag";

    // A group may span tags; the step names the tag when there is one only.
    public static DecisionStep Required(RequiredCategories rule, bool isMet)
    {
        var first = rule.Group[0];
        var isOneTag = rule.Group.All(reference => reference.TagSet == first.TagSet && reference.Type == first.Type);
        return new DecisionStep(DecisionRule.RequiredCategory, isMet)
        {
            TagSet = isOneTag ? first.TagSet : null,
            Type = isOneTag ? first.Type : null,
            Needed = isOneTag ? [.. rule.Group.Where(reference => reference.Value is not null).Select(reference => reference.Value!.Value)] : [],
            NeededTexts = isOneTag ? [.. rule.Group.Where(reference => reference.Text is not null).Select(reference => reference.Text!)] : [],
            Requirement = rule,
        };
    }
}
