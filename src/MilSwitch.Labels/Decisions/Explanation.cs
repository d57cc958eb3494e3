using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// Puts steps and decisions into sentences for an operator, who may see labels and clearances, and into one for everybody else.
/// Elements have the names that the policy gives them; what it doesn't know has its number. Pure and thread-safe.
/// </summary>
public static class Explanation
{
    // More names than these help nobody; the decision itself has all values.
    private const int MostNames = 24;

    /// <summary>One step as a sentence without a full stop.</summary>
    public static string Describe(DecisionStep step, SecurityPolicy policy) => step.Rule switch
    {
        DecisionRule.Policy => step.IsMet ? $"policy: {policy.Name}" : $"policy: {step.Detail ?? "not the same"}; the policy asked is {policy.Name}",
        DecisionRule.KnownClassification => step.IsMet
            ? $"classification: {Classifications(step.Present, policy)} is one of the policy"
            : step.Detail is null ? $"classification: the policy has none with the value {Classifications(step.Present, policy)}" : $"classification: {step.Detail}",
        DecisionRule.KnownCategory => KnownCategory(step, policy),
        DecisionRule.Obsolete => Obsolete(step, policy),
        DecisionRule.Period => $"{Tag(step, policy)}: {Present(step, policy)} {(step.IsMet ? "may stand in labels at this time" : $"may stand in labels {Period(step, policy)} only")}",
        DecisionRule.SingleSelection => step.IsMet
            ? $"{Tag(step, policy)}: one value at most"
            : $"{Tag(step, policy)}: one value at most is allowed; the label has {Present(step, policy)}",
        DecisionRule.FewEnough => step.IsMet
            ? $"{Tag(step, policy)}: {step.Limit} values at most"
            : $"{Tag(step, policy)}: {step.Limit} values at most are allowed; the label has {Present(step, policy)}",
        DecisionRule.Enough => step.IsMet
            ? $"{Tag(step, policy)}: {Text(step.Limit)} at least is there"
            : $"{Tag(step, policy)}: every label needs {Text(step.Limit)} of {Needed(step, policy)}; the label has {Present(step, policy)}",
        DecisionRule.OnceEach => $"{Tag(step, policy)}: stands more than once",
        DecisionRule.RequiredCategory => Required(step, policy),
        DecisionRule.ExcludedCategory => step.IsMet
            ? $"excluded: {Group(step, policy)} is not there"
            : $"excluded: {Group(step, policy)} may not stand together with what the label has",
        DecisionRule.ExcludedClassification => step.IsMet
            ? $"{Tag(step, policy)}: {Present(step, policy)} may have this classification"
            : $"{Tag(step, policy)}: {Present(step, policy)} may not have this classification",
        DecisionRule.PrivacyMark => $"privacy mark: {step.Detail ?? (step.IsMet ? "one of the policy" : "the policy has no such mark")}",
        DecisionRule.Classification => Classification(step, policy),
        DecisionRule.Restrictive => $"{Tag(step, policy)}: {Needs(step, policy, "needs", "nothing")}",
        DecisionRule.Permissive => $"{Tag(step, policy)}: {Needs(step, policy, "needs one of", "a value, and the label has none")}",
        DecisionRule.Informative => $"{Tag(step, policy)}: never decides",
        _ => $"rule {((int)step.Rule).ToString(CultureInfo.InvariantCulture)}: {(step.IsMet ? "met" : "not met")}",
    };

    /// <summary>A whole decision: what was not met, or that all was, one sentence a line.</summary>
    /// <param name="all">Also the steps that were met.</param>
    public static string Describe(LabelDecision decision, SecurityPolicy policy, bool all = false)
    {
        if (decision.IsGranted && !all) return "Granted: every rule is met.";
        var lines = decision.Steps.Where(step => all || !step.IsMet).Select(step => $"{(step.IsMet ? "met" : "NOT MET")}  {Describe(step, policy)}.");
        return string.Join('\n', lines.Prepend(decision.IsGranted ? "Granted." : "Denied."));
    }

    /// <summary>
    /// For senders and other strangers: neither what the label has nor what anybody is cleared for, and the same words whichever
    /// rule it was, so that no series of messages finds a clearance out.
    /// </summary>
    public static string WithoutContents(LabelDecision decision) =>
        decision.IsGranted ? "The security label permits it." : "The security label does not permit it.";

    private static string KnownCategory(DecisionStep step, SecurityPolicy policy)
    {
        if (step.TagSet is null) return $"category: {step.Detail}";
        if (step.IsMet) return $"{Tag(step, policy)}: {Present(step, policy)} known to the policy";
        return step.Detail is { } detail ? $"{Tag(step, policy)}: {detail}" : $"{Tag(step, policy)}: the policy has no value {Present(step, policy)}";
    }

    private static string Obsolete(DecisionStep step, SecurityPolicy policy)
    {
        var what = step.TagSet is not null ? $"{Tag(step, policy)}: {Present(step, policy)}"
            : step.Present.IsEmpty ? "privacy mark: it" : $"classification: {Classifications(step.Present, policy)}";
        return step.IsMet ? $"{what} is obsolete, and allowed in a label that came in" : $"{what} is obsolete, and not for new labels";
    }

    private static string Classification(DecisionStep step, SecurityPolicy policy)
    {
        if (step.Needed.IsEmpty) return $"classification: {step.Detail}";
        var held = step.Present.IsEmpty ? "none" : Classifications(step.Present, policy) + (step.Detail is null ? "" : " " + step.Detail);
        return $"classification: needs {Classifications(step.Needed, policy)}; the clearance has {held}";
    }

    private static string Needs(DecisionStep step, SecurityPolicy policy, string needs, string nothing)
    {
        if (step.Needed.IsEmpty && step.NeededTexts.IsEmpty) return $"needs {nothing}";
        var present = step.Present.IsEmpty && step.PresentTexts.IsEmpty ? "none of them"
            : Present(step, policy) + (step.Rule is DecisionRule.Restrictive && !step.IsMet ? " only" : "");
        return $"{needs} {Needed(step, policy)}; the clearance has {present}";
    }

    private static string Required(DecisionStep step, SecurityPolicy policy)
    {
        if (step.Requirement is not { } rule) return $"required: {(step.IsMet ? "there" : "missing")}";
        var group = string.Join(", ", rule.Group.Take(MostNames).Select(reference => Reference(reference, policy))) + (rule.Group.Length > MostNames ? ", …" : "");
        var many = rule.Operation switch
        {
            RequiredOperation.OnlyOne => "exactly one of",
            RequiredOperation.OneOrMore => "one or more of",
            _ => "all of",
        };
        return $"required: {many} {group}{(step.IsMet ? " is there" : ", which the label does not have")}";
    }

    private static string Group(DecisionStep step, SecurityPolicy policy) =>
        step.TagSet is not { } set || step.Type is not { } type ? "a category" : Reference(new CategoryReference(set, type, step.Present.IsEmpty ? null : step.Present[0]) { Text = step.PresentTexts.IsEmpty ? null : step.PresentTexts[0] }, policy);

    /// <summary><c>'Set' NAME</c>, or any value of the tag.</summary>
    internal static string Reference(CategoryReference reference, SecurityPolicy policy)
    {
        var set = policy.TagSet(reference.TagSet)?.Name ?? reference.TagSet;
        if (reference.IsWhole) return $"any value of {reference.Type.Name()} tag '{set}'";
        return $"{policy.Tag(reference.TagSet, reference.Type)?.Tag.Find(reference)?.Name ?? (reference.Text is { } text ? LabelText.Quoted(text) : reference.Value!.Value.ToString(CultureInfo.InvariantCulture))} of {reference.Type.Name()} tag '{set}'";
    }

    private static string Text(int? limit) => limit is 1 ? "one value" : $"{limit} values";

    private static string Tag(DecisionStep step, SecurityPolicy policy) =>
        step.TagSet is { } set ? $"{step.Type?.Name() ?? ""} tag '{policy.TagSet(set)?.Name ?? set}'" : "category";

    private static string Present(DecisionStep step, SecurityPolicy policy) => Values(step.Present, step.PresentTexts, step, policy);

    private static string Needed(DecisionStep step, SecurityPolicy policy) => Values(step.Needed, step.NeededTexts, step, policy);

    private static string Values(ImmutableArray<int> values, ImmutableArray<string> texts, DecisionStep step, SecurityPolicy policy)
    {
        if (values.IsEmpty && texts.IsEmpty) return "no value";
        var tag = step is { TagSet: { } set, Type: { } type } ? policy.Tag(set, type)?.Tag : null;
        var names = values.Take(MostNames).Select(value => tag?.Find(value)?.Name ?? value.ToString(CultureInfo.InvariantCulture))
            .Concat(texts.Take(MostNames).Select(text => tag?.Find(text)?.Name ?? LabelText.Quoted(text)));
        return string.Join(", ", names.Take(MostNames)) + (values.Length + texts.Length > MostNames ? ", …" : "");
    }

    private static string Period(DecisionStep step, SecurityPolicy policy)
    {
        var tag = step is { TagSet: { } set, Type: { } type } ? policy.Tag(set, type)?.Tag : null;
        var known = step.PresentTexts.IsEmpty ? step.Present.IsEmpty ? null : tag?.Find(step.Present[0]) : tag?.Find(step.PresentTexts[0]);
        var from = known?.NotBefore is { } begins ? string.Create(CultureInfo.InvariantCulture, $"from {begins.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}") : "";
        var until = known?.NotAfter is { } ends ? string.Create(CultureInfo.InvariantCulture, $"until {ends.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}") : "";
        return from.Length > 0 && until.Length > 0 ? $"{from} {until}" : from + until;
    }

    private static string Classifications(IReadOnlyCollection<int> values, SecurityPolicy policy) =>
        string.Join(", ", values.Take(MostNames).Select(value => policy.Classification(value)?.Name ?? value.ToString(CultureInfo.InvariantCulture)));
}
