using System.Collections.Immutable;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Labelling;

/// <summary>Looks for the labels of one message wherever its listener looks, and compares them. For one message and one thread.</summary>
internal sealed class LabelSearch(ListenerLabelSettings settings, LabelAuthority authority)
{
    private const string Unsigned = "it has a label that nobody who is believed has signed";
    private const string Unbound = "binding: has a signature or a part of its own that is not checked, and binds nothing";
    private const int MostBindings = 16;

    // Messages in a message: reading the marking of each costs up to some milliseconds.
    private const int MostContents = 200;

    private readonly List<CarriedLabel> carried = [];
    private readonly List<SecurityLabel> parts = [];
    private readonly List<SecurityLabel> contents = [];
    private string? shown;
    private ImmutableArray<CarriedLabel> labels = [];

    /// <summary>For the audit trail.</summary>
    public List<string> Findings { get; } = [];

    /// <summary>Something that stands where a label stands is none; null: nothing does.</summary>
    public string? Fault { get; private set; }

    /// <summary>Two places say different things; null: they agree.</summary>
    public string? Disagreement { get; private set; }

    /// <summary>Something says that there is a label, and it is none that counts: why; null: nothing does.</summary>
    public string? Uncounted { get; private set; }

    /// <summary>The least label that covers every message in it; null: none of them has one, or it has a label of its own.</summary>
    public SecurityLabel? OfContents { get; private set; }

    /// <summary>The message without the fields that nobody here asked for; null: they are not there.</summary>
    public ReadOnlyMemory<byte>? Stripped { get; private set; }

    /// <summary>Where labels were found.</summary>
    public IEnumerable<string> Places => carried.Select(c => c.Source).Distinct();

    /// <summary>The label that counts, as it was found: a believed one before others; null: none does.</summary>
    public SecurityLabel? Label => Counting.FirstOrDefault();

    private IEnumerable<SecurityLabel> Counting => settings.SignedOnly
        ? labels.Where(c => c.IsTrusted).Select(c => c.Label!)
        : labels.OrderByDescending(c => c.IsTrusted).Select(c => c.Label!);

    public void Read(ReadOnlyMemory<byte> message, ImmutableArray<FoundLabel> signed)
    {
        if (settings.Sources.Contains(LabelSource.Ess))
        {
            foreach (var label in signed) ReadSigned(label);
        }

        ReadField(message);
        if (settings.Sources.Contains(LabelSource.Binding)) ReadBindings(message);
        ReadTexts(message);
        ReadContents(message);
        Compare();
        CompareShown();
        CompareParts();
        CompareContents();
    }

    /// <summary>
    /// By what a message is handled whose labels can't be told from one another: the most that any of them asks for, those of its parts and of
    /// messages in it among them; null: there is no such label.
    /// </summary>
    public SecurityLabel? Highest() => Mark([.. labels.Select(c => c.Label!), .. parts, .. contents]);

    /// <summary>The least label that covers a given one and every message in it; null: there is none.</summary>
    public SecurityLabel? With(SecurityLabel given) => contents.Count is 0 ? given : Mark([given, .. contents]);

    // In the first label's policy.
    private SecurityLabel? Mark(ReadOnlySpan<SecurityLabel> of)
    {
        if (of.IsEmpty || authority.Policies.Find(of[0].Policy) is not { } policy) return null;
        var all = new List<SecurityLabel>(of.Length);
        foreach (var label in of)
        {
            if (authority.InPolicy(label, policy).Label is not { } same) return null;
            all.Add(same);
        }

        return HighWaterMark.Of(all, policy) is HighWaterMarkResult.Reached reached ? reached.Label : null;
    }

    private void ReadSigned(FoundLabel signed)
    {
        if (!signed.IsBelieved)
        {
            Findings.Add("ess: signed by nobody who is believed here");
            if (settings.SignedOnly)
            {
                Uncounted = Unsigned;
                return;
            }
        }

        try
        {
            var label = authority.Read(signed.Encoded);
            // RFC 2634 §3.4.1: where the label itself says nothing here, one of the same signer's that does.
            if (authority.Policies.Find(label.Policy) is null && signed.IsBelieved && Equivalent(signed) is { } equivalent)
            {
                Findings.Add($"ess: policy {label.Policy} is not known, an equivalent label of the same signer is taken");
                label = equivalent;
            }

            Add(new CarriedLabel("ess", signed.IsBelieved) { Label = label });
        }
        catch (LabelRefusedException refused)
        {
            Fault ??= $"ess: {refused.Message}";
        }
    }

    // It is stored in this form, so it has to have one.
    private void Add(CarriedLabel label)
    {
        authority.Encode(label.Label!);
        carried.Add(label);
    }

    private SecurityLabel? Equivalent(FoundLabel signed) =>
        signed.Equivalents.Select(authority.Read).FirstOrDefault(label => authority.Policies.Find(label.Policy) is not null);

    private void ReadField(ReadOnlyMemory<byte> message)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        if (!settings.Sources.Contains(LabelSource.SioLabel))
        {
            // Whoever may not set it can't have later readers believe it either.
            Stripped = LabelFields.Remove(message, header, alsoHistory: true) is { } honest ? honest : default(ReadOnlyMemory<byte>?);
            if (Stripped is not null) Findings.Add("sio-label: removed, the listener does not take it from here");
            return;
        }

        var fields = LabelFields.Find(header);
        if (fields.IsAmbiguous) Fault ??= "sio-label: stands more than once";
        if (fields.Labels is not [var value]) return;
        try
        {
            var field = SioLabel.Parse(value);
            shown = field.Marking;
            if (SioLabels.Decode(field, authority.Policies) is { } label) Add(new CarriedLabel("sio-label", false) { Label = label });
            else if (settings.Default is not null) Uncounted ??= "sio-label: has a marking only, and the default would stand in its place";
            else Findings.Add("sio-label: has a marking only, which is no label");
        }
        catch (LabelRefusedException refused)
        {
            Fault ??= $"sio-label: {refused.Message}";
        }
    }

    // Names of an unknown policy mean nothing, so the whole binding is no label here, whatever it binds.
    private void ReadBindings(ReadOnlyMemory<byte> message)
    {
        var found = XmlParts.Read(message, LabelBounds.EncodedOctets * 2).Where(IsBinding).Take(MostBindings + 1).ToArray();
        if (found.Length > MostBindings) Fault ??= "binding: there are more than are read";
        if (found.Length is 0) return;
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        var own = header.TryGetSingle("Message-ID"u8, out var id) ? id.Trim().Trim('<', '>') : "";
        foreach (var document in found.Take(MostBindings))
        {
            try
            {
                foreach (var bound in Stanag4778.Read(document, authority.Policies).Labels.Where(b => b.Label.Kind is not Stanag4774Kind.Metadata)) ReadBound(bound, own);
            }
            catch (LabelRefusedException refused)
            {
                Fault ??= $"binding: {refused.Message}";
            }
        }
    }

    private void ReadBound(BoundLabel bound, string messageId)
    {
        // What is embedded is a part; what is in another message or elsewhere is not this message's.
        var reference = bound.Data.Uri is { } uri ? MailReference.Parse(uri) : null;
        var isHere = bound.Data.Uri is null || (reference is not null && (reference.MessageId is null || reference.MessageId == messageId));
        if (!isHere) return;
        if (bound.State is not BindingState.Bound) Uncounted ??= Unbound;
        else if (reference is { ContentId: null }) Add(new CarriedLabel("binding", false) { Label = bound.Label.Label });
        else parts.Add(bound.Label.Label);
    }

    private static bool IsBinding(ReadOnlyMemory<byte> document) => document.Span.IndexOf("urn:nato:stanag:4778:bindinginformation"u8) >= 0;

    // What SIO-Label shows is held against the label that rules, in whatever place and language of its policy, or of one in which it has an
    // equivalent. Without a label there is nothing that it could contradict.
    private void CompareShown()
    {
        if (shown is not { } text || labels.IsEmpty) return;
        var label = Label ?? labels[0].Label!;
        if (authority.Policies.Find(label.Policy) is null) return;
        if (!authority.Policies.All.Any(p => authority.InPolicy(label, p).Label is { } same && MarkingText.Is(text, same, p)))
            Disagreement ??= $"{labels.First(c => ReferenceEquals(c.Label, label)).Source} and sio-label differ in the marking";
    }

    // A part may have less of a label than the message around it, and not more.
    private void CompareParts()
    {
        if (parts.Count is 0) return;
        if (labels.IsEmpty)
        {
            Uncounted ??= "binding: a part of it has a label, and the whole has none";
            return;
        }

        var label = Label ?? labels[0].Label!;
        if (authority.Policies.Find(label.Policy) is { } policy && !parts.TrueForAll(p => authority.InPolicy(p, policy).Label is { } same && LabelOrder.IsAtLeast(label, same, policy)))
            Disagreement ??= "binding: a part of it has a label that the label of the whole does not cover";
    }

    private void ReadTexts(ReadOnlyMemory<byte> message)
    {
        if (settings.MarkingPolicy is not { } policy) return;
        foreach (var (name, place, text) in Markings(message))
        {
            try
            {
                if (place is MarkingPlace.XHeader && carried.Any(c => c.Place is MarkingPlace.XHeader && c.Marking is not null)) Fault ??= "x-header: stands more than once";
                MarkingGrammar.For(policy, place).Parse(text);
                carried.Add(new CarriedLabel(name, false) { Marking = text, Place = place });
            }
            catch (LabelRefusedException refused)
            {
                // Most lines are no markings; a field for nothing else should be one.
                if (refused.Fault is LabelFault.Ambiguous || place is MarkingPlace.XHeader) Fault ??= $"{name}: {refused.Message}";
            }
        }
    }

    // Whatever stands in the places where the listener looks.
    private IEnumerable<(string Name, MarkingPlace Place, string Text)> Markings(ReadOnlyMemory<byte> message)
    {
        foreach (var source in settings.Sources)
        {
            if (source is LabelSource.XHeader && settings.MarkingField is { } field)
            {
                foreach (var value in MarkingField.Find(HeaderBlock.Scan(message, int.MaxValue, int.MaxValue), field)) yield return ("x-header", MarkingPlace.XHeader, value);
                continue;
            }

            var (name, place, text) = source switch
            {
                LabelSource.FirstLine => ("first-line", MarkingPlace.FirstLine, TextLines.Read(message).First),
                LabelSource.LastLine => ("last-line", MarkingPlace.LastLine, TextLines.Read(message).Last),
                LabelSource.Subject => ("subject", MarkingPlace.Subject, SubjectText.Read(message) is { } subject ? MarkedSubject.Marking(subject) : null),
                _ => default,
            };
            if (!string.IsNullOrEmpty(text)) yield return (name, place, text);
        }
    }

    // Forwarded messages, those of a digest, and what a report returns. Nobody signed these labels here, and nobody has to: they only ask for more.
    private void ReadContents(ReadOnlyMemory<byte> message)
    {
        var (messages, isWhole) = EmbeddedMessages.Read(message);
        if (!isWhole || messages.Length > MostContents) Fault ??= "it has more messages in it, or deeper ones, than are looked into";
        foreach (var embedded in messages.Take(MostContents))
        {
            try
            {
                if (settings.Sources.Contains(LabelSource.SioLabel))
                {
                    var fields = LabelFields.Find(HeaderBlock.Scan(embedded, int.MaxValue, int.MaxValue)).Labels;
                    contents.AddRange(fields.Select(f => SioLabels.Decode(SioLabel.Parse(f), authority.Policies)).OfType<SecurityLabel>());
                }

                if (settings.MarkingPolicy is not { } policy) continue;
                foreach (var (_, place, text) in Markings(embedded))
                {
                    if (MarkingGrammar.For(policy, place).TryParse(text, out var label)) contents.Add(label);
                }
            }
            catch (LabelRefusedException refused)
            {
                Fault ??= $"a message in it: sio-label: {refused.Message}";
            }
        }
    }

    // A message has at least the label of every message in it: the high-water mark, where it has none of its own.
    private void CompareContents()
    {
        if (contents.Count is 0) return;
        if (labels.IsEmpty)
        {
            if (settings.SignedOnly) Uncounted ??= "a message in it has a label, and the whole has none that is signed";
            OfContents = contents.Select(c => c.Policy).Distinct().Select(p => Mark([.. contents.Where(c => c.Policy == p), .. contents.Where(c => c.Policy != p)])).FirstOrDefault(m => m is not null);
            if (OfContents is null) Uncounted ??= "messages in it have labels that no label covers";
            return;
        }

        var label = Label ?? labels[0].Label!;
        if (authority.Policies.Find(label.Policy) is { } policy && !contents.TrueForAll(c => authority.InPolicy(c, policy).Label is { } same && LabelOrder.IsAtLeast(label, same, policy)))
            Disagreement ??= "a message in it has a label that the label of the whole does not cover";
    }

    // Labels of different policies agree when the one is the other's equivalent, so all are held against one another in one policy.
    private void Compare()
    {
        if (carried.Count is 0) return;
        var first = carried.FirstOrDefault(c => c is { IsTrusted: true, Label: not null }) ?? carried.FirstOrDefault(c => c.Label is not null);
        var policy = first?.Label is { } reference ? authority.Policies.Find(reference.Policy) : null;
        var comparable = carried.Select(c => c.Label is { } label && policy is not null && authority.InPolicy(label, policy).Label is { } same ? c with { Label = same } : c).ToList();
        var together = comparable.Where(c => c.Marking is null || policy is null || policy == settings.MarkingPolicy).ToList();
        var comparison = LabelComparison.Compare(together, authority.Policies);
        if (!comparison.IsAgreed) Disagreement = string.Join("; ", comparison.Findings.Where(f => f.IsContradiction).Select(Describe).Distinct());
        CompareForeign(comparable, policy, first);
        labels = [.. carried.Where(c => c.Label is not null)];
        if (labels.IsEmpty && comparison.Reference is { Label: not null } read) labels = [read];
        if (settings.SignedOnly && !labels.Any(c => c.IsTrusted)) Uncounted ??= Unsigned;
    }

    // A marking of the house policy beside a label of another one.
    private void CompareForeign(List<CarriedLabel> comparable, Labels.Policies.SecurityPolicy? policy, CarriedLabel? first)
    {
        if (first?.Label is not { } label || policy is null || policy == settings.MarkingPolicy || settings.MarkingPolicy is not { } house) return;
        var translated = authority.InPolicy(label, house).Label;
        foreach (var marking in comparable.Where(c => c.Marking is not null))
        {
            if (translated is null || MarkingText.Generate(translated, house, marking.Place) != marking.Marking) Disagreement ??= $"{first.Source} and {marking.Source} say different things";
        }
    }

    private static string Describe(LabelFinding finding) => $"{finding.Reference} and {finding.Source} differ in {finding.Difference switch
    {
        LabelDifference.Policy => "the policy",
        LabelDifference.Classification => "the classification",
        LabelDifference.PrivacyMark => "the privacy mark",
        LabelDifference.Category => "categories",
        _ => "the marking",
    }}";
}
