using System.Collections.Immutable;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>Whether the carriers of one message say the same, and which label rules. Immutable.</summary>
public sealed record LabelComparison
{
    /// <summary>What all were held against: the first trusted label, else the first label, else the first marking; null: there was nothing.</summary>
    public CarriedLabel? Reference { get; private init; }

    public ImmutableArray<LabelFinding> Findings { get; private init; } = [];

    /// <summary>
    /// The trusted label from which no other trusted one asks more of a clearance. Null: there is no trusted label, or none is above
    /// all the others.
    /// </summary>
    public CarriedLabel? MostRestrictive { get; private init; }

    /// <summary>No carrier contradicts another. So do carriers that say nothing.</summary>
    public bool IsAgreed => !Findings.Any(f => f.IsContradiction);

    /// <param name="carried">In the order of preference.</param>
    /// <param name="policies">Needed to read markings and to order labels; a marking of an unknown policy is a contradiction.</param>
    public static LabelComparison Compare(IReadOnlyList<CarriedLabel> carried, PolicySet policies)
    {
        var reference = carried.FirstOrDefault(c => c is { IsTrusted: true, Label: not null }) ?? carried.FirstOrDefault(c => c.Label is not null);
        var findings = ImmutableArray.CreateBuilder<LabelFinding>();
        if (reference is null && carried.Count > 0)
        {
            reference = carried[0];
            if (Read(reference, policies.All) is { } read) reference = reference with { Label = read };
            else findings.Add(new LabelFinding(reference.Source, reference.Source, LabelDifference.Marking));
        }

        if (reference?.Label is { } label)
        {
            foreach (var other in carried)
            {
                if (other.Marking is not null) HoldMarking(other, reference, label, policies, findings);
                else if (other.Label is not null && !ReferenceEquals(other, reference)) Hold(other.Source, other.Label, reference.Source, label, findings);
            }
        }

        return new LabelComparison { Reference = reference, Findings = findings.ToImmutable(), MostRestrictive = Highest(carried, policies) };
    }

    private static void HoldMarking(CarriedLabel marking, CarriedLabel reference, SecurityLabel label, PolicySet policies, ImmutableArray<LabelFinding>.Builder findings)
    {
        if (policies.Find(label.Policy) is { } policy && MarkingLine.Normal(MarkingText.Generate(label, policy, marking.Place, marking.Language)) == MarkingLine.Normal(marking.Marking!))
        {
            if (!MarkingGrammar.For(policy, marking.Place, marking.Language).Carries(label)) findings.Add(new LabelFinding(marking.Source, reference.Source, LabelDifference.MarkingShowsLess));
            return;
        }

        var before = findings.Count;
        if (Read(marking, policies.All) is { } read) Hold(marking.Source, read, reference.Source, label, findings);

        // A marking that reads as the label without being its marking still says something else.
        if (findings.Count == before) findings.Add(new LabelFinding(marking.Source, reference.Source, LabelDifference.Marking));
    }

    private static void Hold(string source, SecurityLabel label, string against, SecurityLabel reference, ImmutableArray<LabelFinding>.Builder findings)
    {
        if (label.Equals(reference)) return;
        void Add(LabelDifference difference, TagCategory? tag = null) => findings.Add(new LabelFinding(source, against, difference, tag?.TagSet, tag?.Type));
        if (label.Policy != reference.Policy)
        {
            // What the numbers of another policy mean is not for comparing.
            Add(LabelDifference.Policy);
            return;
        }

        if (label.Classification != reference.Classification) Add(LabelDifference.Classification);
        if (label.PrivacyMark != reference.PrivacyMark) Add(LabelDifference.PrivacyMark);
        var differing = label.Categories.Where(c => !reference.Categories.Contains(c)).Concat(reference.Categories.Where(c => !label.Categories.Contains(c))).ToArray();
        foreach (var tag in differing.OfType<TagCategory>().DistinctBy(t => (t.TagSet, t.Type))) Add(LabelDifference.Category, tag);
        if (differing.Any(c => c is UnknownCategory) || (differing.Length == 0 && label.Categories.Length != reference.Categories.Length)) Add(LabelDifference.Category);
    }

    /// <summary>The only label of all policies that has this marking; null: there is none or more.</summary>
    private static SecurityLabel? Read(CarriedLabel marking, IReadOnlyList<SecurityPolicy> policies)
    {
        SecurityLabel? found = null;
        foreach (var policy in policies)
        {
            if (!MarkingGrammar.For(policy, marking.Place, marking.Language).TryParse(marking.Marking!, out var label)) continue;
            if (found is not null) return null;
            found = label;
        }

        return found;
    }

    private static CarriedLabel? Highest(IReadOnlyList<CarriedLabel> carried, PolicySet policies)
    {
        var trusted = carried.Where(c => c is { IsTrusted: true, Label: not null }).ToArray();
        return trusted.FirstOrDefault(c => trusted.All(o => LabelOrder.IsAtLeast(c.Label!, o.Label!, policies.Find(c.Label!.Policy))));
    }
}
