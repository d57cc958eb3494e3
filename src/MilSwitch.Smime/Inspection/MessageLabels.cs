using System.Collections.Immutable;
using System.Formats.Asn1;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>What every carrier of a message says about its label, and whether they agree (threat C11). Immutable.</summary>
internal sealed class MessageLabels
{
    private MessageLabels(ImmutableArray<FoundLabel> signed, ImmutableArray<Reason> reasons, MessageLabelReport? report)
    {
        Signed = signed;
        Reasons = reasons;
        Report = report;
    }

    /// <summary>Of signers that count: beside one who is believed, one who is not says nothing. Also octets that are no label.</summary>
    public ImmutableArray<FoundLabel> Signed { get; }

    public ImmutableArray<Reason> Reasons { get; }

    /// <summary>Null when no carrier has a label.</summary>
    public MessageLabelReport? Report { get; }

    /// <param name="signed">The signatures at the root, outermost first.</param>
    /// <param name="unsigned">What other carriers say.</param>
    /// <param name="policies">By which labels are checked and markings read.</param>
    public static MessageLabels Read(IReadOnlyList<LayerFinding> signed, UnsignedLabels unsigned, PolicySet policies)
    {
        var found = Found(signed);
        var reasons = new HashSet<Reason>(unsigned.Reasons);
        var carried = new List<CarriedLabel>();
        foreach (var one in found)
        {
            try
            {
                var label = EssLabel.Read(one.Encoded);
                // Categories in the syntax of MISSI are of a kind that only their policy tells.
                carried.Add(new CarriedLabel("ess", one.IsBelieved) { Label = policies.Find(label.Policy) is { } policy ? MissiCategories.Resolve(label, policy) : label });
            }
            catch (LabelRefusedException)
            {
                reasons.Add(Reason.LabelInvalid);
            }
        }

        carried.AddRange(unsigned.Carried);
        // Beside a label that somebody believed has signed, what is no label and anybody could have added takes nothing from the signature. It
        // is told, and counts where there is no such label.
        var isProtected = carried.Any(c => c is { IsTrusted: true, Label: not null });
        if (unsigned.Faults.Count > 0 && !isProtected) reasons.Add(Reason.LabelInvalid);
        var broken = carried.Where(c => c.Label is { } label && policies.Find(label.Policy) is { } known && !LabelValidity.IsValid(label, known)).ToArray();
        if (broken.Any(c => c.IsTrusted || !isProtected)) reasons.Add(Reason.LabelInvalid);
        carried.RemoveAll(c => isProtected && !c.IsTrusted && broken.Contains(c));
        string[] faults = isProtected ? [.. unsigned.Faults, .. broken.Where(c => !c.IsTrusted).Select(c => $"{c.Source}: a label that its policy does not allow")] : [.. unsigned.Faults];
        // Nobody can say what a marking means without its policy, nor that it means something else.
        var comparison = LabelComparison.Compare(policies.All.Count > 0 ? carried : [.. carried.Where(c => c.Marking is null)], policies);
        if (!comparison.IsAgreed) reasons.Add(Reason.LabelMismatch);
        ImmutableArray<string> sources = [.. (found.IsEmpty ? [] : new[] { "ess" }).Concat(unsigned.Sources).Distinct(StringComparer.Ordinal)];
        return new MessageLabels(found, [.. reasons], sources.IsEmpty ? null : Conclude(sources, comparison, carried, faults, policies));
    }

    private static MessageLabelReport Conclude(ImmutableArray<string> sources, LabelComparison comparison, List<CarriedLabel> carried, IEnumerable<string> faults, PolicySet policies)
    {
        // Without an order among them the greatest number is all that can be said.
        var ruling = (comparison.MostRestrictive ?? comparison.Reference)?.Label;
        var classification = comparison.MostRestrictive is null && ruling is not null
            ? carried.Where(c => c.IsTrusted == comparison.Reference!.IsTrusted && c.Label?.Policy == ruling.Policy).Max(c => c.Label!.Classification) ?? ruling.Classification
            : ruling?.Classification;
        return new MessageLabelReport(
            sources, comparison.IsAgreed, ruling?.Policy, classification,
            ruling is not null && policies.Find(ruling.Policy) is { } policy ? MarkingText.Generate(ruling, policy, MarkingPlace.Display) : null)
        {
            Faults = [.. faults.Distinct(StringComparer.Ordinal)],
            Differences = [.. comparison.Findings.Where(f => f.IsContradiction).Select(f => Difference(f, policies)).Distinct(StringComparer.Ordinal)],
        };
    }

    private static string Difference(LabelFinding finding, PolicySet policies)
    {
        var what = finding.Difference switch
        {
            LabelDifference.Policy => "another policy",
            LabelDifference.Classification => "another classification",
            LabelDifference.PrivacyMark => "another privacy mark",
            LabelDifference.Category when finding.TagSet is { } set => $"other categories of {policies.All.Select(p => p.TagSet(set)?.Name).FirstOrDefault(n => n is not null) ?? set}",
            LabelDifference.Category => "other categories",
            _ => "a marking that is not the label's",
        };
        return finding.Source == finding.Reference ? $"{finding.Source}: {what}" : $"{finding.Source} and {finding.Reference}: {what}";
    }

    /// <summary>Labels in the signed attributes of some layers, in their order.</summary>
    internal static ImmutableArray<FoundLabel> Found(IReadOnlyList<LayerFinding> signed)
    {
        var found = ImmutableArray.CreateBuilder<FoundLabel>();
        foreach (var layer in signed)
        {
            var isValid = layer.Verdict is InspectionVerdict.Valid;
            foreach (var signer in layer.CountingSigners)
            {
                var attributes = signer.Info.SignedAttributes;
                if (attributes.CountOf(AttributeTypes.SecurityLabel) is 0) continue;
                found.Add(new FoundLabel(Octets(attributes), signer.IsGood && isValid, Equivalents(attributes)));
            }
        }

        return found.ToImmutable();
    }

    // Two values are no label, and must never become the first of them.
    private static ReadOnlyMemory<byte> Octets(AttributeSet attributes) =>
        attributes.Value(AttributeTypes.SecurityLabel) is { IsEmpty: false } only ? only : attributes.Values(AttributeTypes.SecurityLabel).SelectMany(v => v.ToArray()).ToArray();

    private static ImmutableArray<ReadOnlyMemory<byte>> Equivalents(AttributeSet attributes)
    {
        var octets = attributes.Value(AttributeTypes.EquivalentLabels);
        if (octets.IsEmpty) return [];
        try
        {
            var labels = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
            for (var reader = new AsnReader(octets, AsnEncodingRules.BER).ReadSequence(); reader.HasData;) labels.Add(reader.ReadEncodedValue());
            return labels.ToImmutable();
        }
        catch (AsnContentException)
        {
            return [octets];
        }
    }
}
