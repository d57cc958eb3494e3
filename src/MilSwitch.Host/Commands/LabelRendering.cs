using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Commands;

/// <summary>Labels, decisions and policies as text for people and as views for JSON.</summary>
internal static class LabelRendering
{
    public static void Write(TextWriter output, LabelReport label, DecodedLabel decoded)
    {
        Write(output, label);
        Text.WriteFields(
            output,
            ("form", decoded.Form.Word()),
            ("created", decoded.Stanag4774?.Created?.Text),
            ("review", decoded.Stanag4774?.Review?.Text),
            ("originator", decoded.Stanag4774?.Originator?.Value),
            ("shown as", decoded.Field?.Marking),
            ("colours", decoded.Field is { Foreground: { } front } field ? $"{front} on {field.Background ?? "any"}" : decoded.Field?.Background));
    }

    public static void Write(TextWriter output, LabelReport label)
    {
        Text.WriteFields(
            output,
            ("marking", label.Marking),
            ("policy", Named(label.Policy, label.PolicyName)),
            ("classification", label.Classification is { } value ? Named(value.ToString(CultureInfo.InvariantCulture), label.ClassificationName) : "-"),
            ("privacy mark", label.PrivacyMark));
        foreach (var category in label.Categories)
            output.WriteLine($"  {Text.Printable(Named(category.TagSet, category.TagSetName))}, {category.Type}: {Text.Printable(string.Join(", ", category.Values))}");
    }

    /// <summary>The verdict and, where it is bad or all is to be told, the steps.</summary>
    public static void Write(TextWriter output, string verdict, LabelDecision decision, SecurityPolicy policy, bool all)
    {
        output.WriteLine(verdict);
        foreach (var step in decision.Steps.Where(s => all || !s.IsMet)) output.WriteLine($"  {(step.IsMet ? "met    " : "NOT MET")}  {Text.Printable(Explanation.Describe(step, policy))}");
    }

    public static void Write(TextWriter output, TranslationResult result, SecurityPolicy from, PolicySet policies, bool all)
    {
        switch (result)
        {
            case TranslationResult.Translated translated:
                output.WriteLine("translated");
                Write(output, LabelReport.Of(translated.Label, policies));
                foreach (var left in translated.Discarded) output.WriteLine($"  left behind: {Text.Printable(Name(left, from))}");
                if (!all) return;
                output.WriteLine("from");
                Write(output, LabelReport.Of(translated.Original, policies));
                return;
            case TranslationResult.Unmappable unmappable:
                output.WriteLine("unmappable");
                foreach (var reason in unmappable.Reasons) output.WriteLine("  " + Text.Printable(reason.Text));
                return;
        }
    }

    public static void Write(TextWriter output, SecurityPolicy policy, string? signer)
    {
        Text.WriteFields(
            output,
            ("policy", Named(policy.Id, policy.Name)),
            ("version", policy.Version),
            ("created", policy.Created is { } created ? Text.Time(created) : null),
            ("originator", policy.Originator),
            ("signed by", signer),
            ("sha-256", policy.Digest),
            ("privacy marks", string.Join(", ", policy.PrivacyMarks.Select(m => m.Name))),
            ("equivalences", string.Join(", ", policy.EquivalentPolicies.Select(e => Named(e.Id, e.Name)))));
        output.WriteLine();
        Text.WriteTable(output, ["VALUE", "CLASSIFICATION", "HIERARCHY", "COLOUR", "STATE"], policy.Classifications.OrderBy(c => c.Hierarchy).Select(c => (IReadOnlyList<string>)
            [Text.Number(c.Value), c.Name, Text.Number(c.Hierarchy), c.Color ?? "-", c.IsObsolete ? "obsolete" : "in force"]));
        if (policy.TagSets.IsEmpty) return;
        output.WriteLine();
        Text.WriteTable(output, ["TAG SET", "NAME", "TAG", "TYPE", "CATEGORIES", "SELECTION"], policy.TagSets.SelectMany(s => s.Tags.Select(t => (IReadOnlyList<string>)
            [s.Id, s.Name, t.Name, t.Type.Name(), Text.Number(t.Categories.Length), Selection(t)])));
    }

    private static string Selection(TagDefinition tag) => (tag.LeastSelected, tag.MostSelected) switch
    {
        (0, null) => "any",
        (0, 1) => "one",
        (0, { } most) => $"up to {Text.Number(most)}",
        (var least, null) => $"{Text.Number(least)} or more",
        (var least, { } most) => least == most ? $"exactly {Text.Number(least)}" : $"{Text.Number(least)} to {Text.Number(most)}",
    };

    public static ImmutableArray<LabelStepView> Steps(ImmutableArray<DecisionStep> steps, SecurityPolicy policy) => [.. steps.Select(s => new LabelStepView(
        Kebab(s.Rule.ToString()), s.IsMet, s.TagSet, s.TagSet is { } set ? policy.TagSet(set)?.Name : null, s.Type?.Name(),
        [.. s.Needed.Select(v => Value(v, s, policy)), .. s.NeededTexts.Select(t => Value(t, s, policy))], [.. s.Present.Select(v => Value(v, s, policy)), .. s.PresentTexts.Select(t => Value(t, s, policy))],
        Explanation.Describe(s, policy)))];

    public static LabelTranslationView View(TranslationResult result, SecurityPolicy from, PolicySet policies) => result switch
    {
        TranslationResult.Translated translated => new LabelTranslationView(
            "translated", LabelReport.Of(translated.Label, policies), [LabelReport.Of(translated.Original, policies)], [], [.. translated.Discarded.Select(d => Name(d, from))], Encoded(translated.Label)),
        TranslationResult.Unmappable unmappable => new LabelTranslationView(
            "unmappable", null, [], [.. unmappable.Reasons.Select(r => new LabelReasonView(Kebab(r.Cause.ToString()), r.Text))], [], null),
        _ => throw new InvalidOperationException("a translation has two outcomes"),
    };

    public static PolicyFileView View(string file, SecurityPolicy? policy, ImmutableArray<PolicyProblem> problems, string? signer) => new(
        file, policy is not null, signer, [.. problems.Select(p => new PolicyProblemView(p.Line > 0 ? p.Line : null, p.Column > 0 ? p.Column : null, p.Octet >= 0 ? p.Octet : null, p.Text))],
        policy is null ? null : new PolicyView(
            policy.Id, policy.Name, policy.Version, policy.Created, policy.Originator, policy.Digest,
            [.. policy.Classifications.Select(c => new PolicyClassificationView(c.Value, c.Name, c.Hierarchy, c.Color, c.IsObsolete))],
            [.. policy.TagSets.Select(s => new PolicyTagSetView(s.Id, s.Name, [.. s.Tags.Select(t => new PolicyTagView(t.Name, t.Type.Name(), t.IsSingleSelection, t.Categories.Length))]))],
            [.. policy.PrivacyMarks.Select(m => m.Name)],
            [.. policy.EquivalentPolicies.Select(e => new PolicyEquivalenceView(e.Id, e.Name))]));

    /// <summary>As <c>ESSSecurityLabel</c>, base64; null: it has no place there.</summary>
    public static string? Encoded(SecurityLabel label)
    {
        try
        {
            return Convert.ToBase64String(EssLabel.Encode(label));
        }
        catch (LabelRefusedException)
        {
            return null;
        }
    }

    // Values of steps that are about no tag are those of classifications.
    private static LabelValueReport Value(int value, DecisionStep step, SecurityPolicy policy)
    {
        var name = step is { TagSet: { } set, Type: { } type } ? policy.Tag(set, type)?.Tag.Find(value)?.Name : policy.Classification(value)?.Name;
        return name is null ? new LabelValueReport(null, value) : new LabelValueReport(name, null);
    }

    private static LabelValueReport Value(string text, DecisionStep step, SecurityPolicy policy) =>
        new(step is { TagSet: { } set, Type: { } type } && policy.Tag(set, type)?.Tag.Find(text)?.Name is { } name ? name : text, null);

    private static string Name(CategoryReference reference, SecurityPolicy policy)
    {
        var value = reference.Text is { } text ? policy.Tag(reference.TagSet, reference.Type)?.Tag.Find(text)?.Name ?? text : reference.Value is { } number ? policy.Tag(reference.TagSet, reference.Type)?.Tag.Find(number)?.Name ?? number.ToString(CultureInfo.InvariantCulture) : "any value";
        return $"{value} of {policy.TagSet(reference.TagSet)?.Name ?? reference.TagSet}";
    }

    private static string Named(string id, string? name) => string.IsNullOrEmpty(name) ? id : $"{name} ({id})";

    private static string Kebab(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
