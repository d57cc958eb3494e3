using System.Collections.Frozen;

namespace MilSwitch.Labels.Policies;

/// <summary>Which elements and attributes a SPIF has, and where: an unknown one may change the meaning of what is known.</summary>
internal static class SpifSchema
{
    private static readonly string[] Marked = ["markingData", "markingQualifier"];

    private static readonly FrozenDictionary<string, Rule> Rules = new Dictionary<string, Rule>(StringComparer.Ordinal)
    {
        ["SPIF"] = new(
            "schemaVersion creationDate originatorDN keyIdentifier privilegeId rbacId", "version userRefURI docRefURI notBefore notAfter",
            "securityPolicyId securityClassifications", "defaultSecurityPolicyId securityCategoryTagSets equivalentPolicies privacyMarks extensions updateInfo", Marked),
        ["updateInfo"] = new("", ""),
        ["securityPolicyId"] = new("name id", "", many: Marked),
        ["defaultSecurityPolicyId"] = new("name id", "", many: Marked),
        ["securityClassifications"] = new("", "name", many: [.. Marked, "securityClassification"]),
        ["securityClassification"] = new("name lacv hierarchy", "color obsolete", many: [.. Marked, "equivalentClassification", "requiredCategory", "excludedCategory"]),
        ["equivalentClassification"] = new("policyRef lacv applied", "", many: ["requiredCategory"]),
        ["requiredCategory"] = new("operation", "", many: ["categoryGroup"]),
        ["categoryGroup"] = new("tagSetRef tagType", "enumType tag7Encoding lacv all"),
        ["excludedCategory"] = new("tagSetRef tagType", "enumType tag7Encoding lacv all"),
        ["securityCategoryTagSets"] = new("", "", many: ["securityCategoryTagSet"]),
        ["securityCategoryTagSet"] = new("name id", "", many: [.. Marked, "securityCategoryTag", "equivalentSecurityCategoryTagSet"]),
        ["equivalentSecurityCategoryTagSet"] = new("policyRef", "name id", many: ["requiredCategory"]),
        ["securityCategoryTag"] = new("tagType", "name enumType tag7Encoding singleSelection minSelection maxSelection", many: [.. Marked, "tagCategory"]),
        ["tagCategory"] = new(
            "name lacv", "obsolete requiredClass userInput dateFormat notBefore notAfter",
            many: [.. Marked, "equivalentSecCategoryTag", "excludedClass", "requiredCategory", "excludedCategory"]),
        ["equivalentSecCategoryTag"] = new("policyRef tagSetId tagType applied", "enumType tag7Encoding lacv action"),
        ["excludedClass"] = new("", "") { HasText = true },
        ["equivalentPolicies"] = new("", "", many: ["equivalentPolicy"]),
        ["equivalentPolicy"] = new("name id", "userRefURI docRefURI", many: ["requiredCategory"]),
        ["privacyMarks"] = new("", "name minSelection maxSelection singleSelection", many: [.. Marked, "privacyMark"]),
        ["privacyMark"] = new("name", "obsolete", many: Marked),
        ["markingData"] = new("", "phrase", many: ["code"]),
        ["code"] = new("", "") { HasText = true },
        ["markingQualifier"] = new("", "markingCode", many: ["qualifier"]),
        ["qualifier"] = new("markingQualifier qualifierCode", ""),
    }.ToFrozenDictionary();

    /// <summary>Takes out what is no part of a SPIF, and says so.</summary>
    public static void Check(SpifElement root, PolicyProblems problems)
    {
        var left = new Stack<SpifElement>([root]);
        while (left.TryPop(out var element))
        {
            CheckOne(element, Rules[element.Name], problems);
            foreach (var child in element.Children) left.Push(child);
        }
    }

    private static void CheckOne(SpifElement element, Rule rule, PolicyProblems problems)
    {
        foreach (var (name, _, place) in element.Attributes)
        {
            if (!rule.Required.Contains(name) && !rule.Optional.Contains(name)) problems.Add(place, $"{element.Name} has no attribute {SpifReader.Shown(name)}");
        }

        foreach (var name in rule.Required)
        {
            if (element[name] is null) problems.Add(element.Place, $"{element.Name} lacks its attribute {name}");
        }

        if (!rule.HasText && element.Text.Length > 0) problems.Add(element.Place, $"{element.Name} has no text");
        for (var i = element.Children.Count - 1; i >= 0; i--)
        {
            var child = element.Children[i];
            if (rule.Knows(child.Name)) continue;
            // An element of another namespace has been told of where it was read.
            if (child.Name.Length > 0) problems.Add(child.Place, $"{element.Name} has no element {SpifReader.Shown(child.Name)}");
            element.Children.RemoveAt(i);
        }

        foreach (var name in rule.One)
        {
            if (element.First(name) is null) problems.Add(element.Place, $"{element.Name} lacks its element {name}");
        }

        foreach (var name in rule.Single)
        {
            foreach (var again in element.All(name).Skip(1)) problems.Add(again.Place, $"{element.Name} has one element {name} at most");
        }
    }

    private sealed class Rule(string required, string optional, string one = "", string atMostOne = "", string[]? many = null)
    {
        private readonly string[] many = many ?? [];

        public string[] Required { get; } = Words(required);

        public string[] Optional { get; } = Words(optional);

        public string[] One { get; } = Words(one);

        public string[] AtMostOne { get; } = Words(atMostOne);

        public string[] Single { get; } = Words(one + " " + atMostOne);

        public bool HasText { get; init; }

        public bool Knows(string child) => many.Contains(child) || One.Contains(child) || AtMostOne.Contains(child);

        private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
