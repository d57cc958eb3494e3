using System.Collections.Frozen;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// <c>schemaVersion</c>, and what of a SPIF came with which. The schema of 2.1 marks what 2.0 and 2.1 added; one of an older version
/// that has it is refused, for a reader of that version leaves it out. 3.0 has no marking codes and other phrases in their place; it is refused.
/// </summary>
internal static class SpifVersions
{
    private static readonly string[] Known = ["1.0", "2.0", "2.1"];

    private static readonly FrozenDictionary<string, string[]> NewInTwo = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["SPIF"] = ["markingData", "markingQualifier", "notBefore", "notAfter"],
        ["securityPolicyId"] = ["markingData", "markingQualifier"],
        ["defaultSecurityPolicyId"] = ["markingData", "markingQualifier"],
        ["securityClassifications"] = ["markingData", "markingQualifier", "name"],
        ["equivalentClassification"] = ["requiredCategory"],
        ["equivalentPolicy"] = ["requiredCategory"],
        ["securityCategoryTagSet"] = ["equivalentSecurityCategoryTagSet"],
        ["securityCategoryTag"] = ["minSelection", "maxSelection"],
        ["tagCategory"] = ["markingQualifier", "dateFormat", "notBefore", "notAfter"],
        ["equivalentSecCategoryTag"] = ["action"],
        ["privacyMarks"] = ["markingData", "markingQualifier", "minSelection", "maxSelection"],
        ["privacyMark"] = ["markingData", "markingQualifier"],
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> CodesNewInTwo = FrozenSet.Create(
        StringComparer.Ordinal, "firstLineOfText", "lastLineOfText", "subject", "xHeader", "portionMarking", "inputTitle", "waterMark", "replacePolicy");

    /// <param name="root">SPIF.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static void Check(SpifElement root, PolicyProblems problems)
    {
        if (root["schemaVersion"] is not { } version) return;
        if (version is "3.0") problems.Add(root.PlaceOf("schemaVersion"), "The schemaVersion of SPIF is 3.0, which says otherwise how labels are marked, and is not supported: have it written in 2.1");
        else if (!Known.Contains(version)) problems.Add(root.PlaceOf("schemaVersion"), $"The schemaVersion of SPIF is none of: {string.Join(", ", Known)}");
        if (version is not "1.0") return;
        var left = new Stack<SpifElement>([root]);
        while (left.TryPop(out var element))
        {
            CheckFirst(element, problems);
            foreach (var child in element.Children) left.Push(child);
        }
    }

    private static void CheckFirst(SpifElement element, PolicyProblems problems)
    {
        if (element.Name is "code" && CodesNewInTwo.Contains(element.Text)) problems.Add(element.Place, $"Schema version 1.0 has no code {element.Text}");
        if (element["markingCode"] is { } code && CodesNewInTwo.Contains(code)) problems.Add(element.PlaceOf("markingCode"), $"Schema version 1.0 has no code {code}");
        if (!NewInTwo.TryGetValue(element.Name, out var added)) return;
        foreach (var (name, _, place) in element.Attributes.Where(a => added.Contains(a.Name))) problems.Add(place, $"Schema version 1.0 has no attribute {name} of {element.Name}");
        foreach (var child in element.Children.Where(c => added.Contains(c.Name))) problems.Add(child.Place, $"Schema version 1.0 has no element {child.Name} of {element.Name}");
    }
}
