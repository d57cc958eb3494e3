using System.Xml;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// The carriers of labels beside signed attributes: the SIO-Label field (RFC 7444), bindings of ADatP-4778 to the message, and
/// markings in Subject and text. A carrier that nobody can read without a policy is named all the same.
/// </summary>
internal sealed class UnsignedLabels
{
    private const int MostLanguages = 16;
    private const int MostBindings = 16;

    private readonly PolicySet policies;
    private readonly List<CarriedLabel> carried = [];
    private readonly List<string> sources = [];
    private readonly List<Reason> reasons = [];
    private readonly List<string> faults = [];

    private UnsignedLabels(PolicySet policies) => this.policies = policies;

    /// <summary>Of an object that is no message.</summary>
    public static UnsignedLabels None { get; } = new(PolicySet.Empty);

    public IReadOnlyList<CarriedLabel> Carried => carried;

    /// <summary>In their order, not each once.</summary>
    public IReadOnlyList<string> Sources => sources;

    /// <summary>What is wrong where a signature covers it.</summary>
    public IReadOnlyList<Reason> Reasons => reasons;

    /// <summary>What is no label and stands where anybody on the way could have put it: for people.</summary>
    public IReadOnlyList<string> Faults => faults;

    /// <param name="walk">The message.</param>
    /// <param name="headers">Its fields, outside and inside.</param>
    /// <param name="isSigned">A believed signature covers the payload.</param>
    /// <param name="policies">By which markings and names are read.</param>
    public static UnsignedLabels Read(LayerWalk walk, ProtectedHeaders headers, bool isSigned, PolicySet policies)
    {
        var labels = new UnsignedLabels(policies);
        labels.ReadFields(headers, isSigned);
        if (walk.Payload is { } payload)
        {
            labels.ReadBindings(payload, MessageIds(headers), isSigned);
            labels.ReadText(payload, isSigned);
        }

        foreach (var subject in headers.Fields.Where(f => f.Name.Equals("Subject", StringComparison.OrdinalIgnoreCase)))
            labels.ReadMarking("subject", MarkedSubject.Marking(SubjectText.Decode(subject.Protected ?? subject.Outer ?? "")), MarkingPlace.Subject, isSigned && subject.Protected is not null);
        return labels;
    }

    private void ReadFields(ProtectedHeaders headers, bool isSigned)
    {
        var fields = headers.Fields.Where(f => f.Name.Equals(SioLabel.FieldName, StringComparison.OrdinalIgnoreCase)).ToArray();
        // RFC 7444 §4: at most one.
        if (fields.Count(f => f.Protected is not null) > 1) AddFault("sio-label", "stands more than once", isSigned);
        else if (fields.Count(f => f.Outer is not null) > 1) AddFault("sio-label", "stands more than once", isTrusted: false);
        foreach (var field in fields)
        {
            sources.Add("sio-label");
            if (field.Protected is { } inner) ReadField(inner, isSigned && field.Protection is FieldProtection.Signed or FieldProtection.SignedAndEncrypted);
            if (field.Outer is { } outer && (field.Protected is null || !HeaderText.SameValue(outer, field.Protected))) ReadField(outer, isTrusted: false);
        }
    }

    private void ReadField(string body, bool isTrusted)
    {
        try
        {
            var field = SioLabel.Parse(body);
            var label = field.Type is SioLabel.Xml ? XmlLabel.Read(field.LabelOctets, policies).Label : field.Decode(policies);
            if (label is not null) carried.Add(new CarriedLabel("sio-label", isTrusted) { Label = label });
            // What it shows is held against the label as well (RFC 7444 §4).
            if (field.Marking is { } marking && (label is null || policies.Find(label.Policy) is not null))
                carried.Add(new CarriedLabel("sio-label", isTrusted) { Marking = marking, Place = MarkingPlace.Display, Language = Language(marking, MarkingPlace.Display, out _) });
        }
        catch (LabelRefusedException refused)
        {
            // Names mean nothing without their policy; that is not the label's fault.
            if (refused.Fault is not LabelFault.UnknownPolicy) AddFault("sio-label", refused.Message, isTrusted);
        }
    }

    private void AddFault(string source, string fault, bool isTrusted)
    {
        if (isTrusted) reasons.Add(Reason.LabelInvalid);
        else faults.Add($"{source}: {fault}");
    }

    private void ReadBindings(MimeEntity payload, IReadOnlyList<string> messageIds, bool isSigned)
    {
        foreach (var part in payload.Walk().Where(e => e.IsLeaf && IsXml(e.MediaType) && e.DecodedLength <= LabelBounds.EncodedOctets).Take(MostBindings))
        {
            var document = part.Decode();
            if (!IsBinding(document)) continue;
            try
            {
                // Labels of attachments, of the metadata itself and those whose binding nobody checked are not the message's.
                foreach (var bound in Stanag4778.Read(document, policies).Labels.Where(b => b is { State: BindingState.Bound, Label.Kind: Stanag4774Kind.Originator or Stanag4774Kind.Unspecified, Data.Uri: { } uri } && IsThis(uri, messageIds)))
                {
                    sources.Add("stanag4774");
                    carried.Add(new CarriedLabel("stanag4774", isSigned) { Label = bound.Label.Label });
                }
            }
            catch (LabelRefusedException refused)
            {
                sources.Add("stanag4774");
                if (refused.Fault is not LabelFault.UnknownPolicy) AddFault("stanag4774", refused.Message, isSigned);
            }
        }
    }

    private void ReadText(MimeEntity payload, bool isSigned)
    {
        var (first, last) = TextLines.Read(payload.Octets);
        ReadMarking("flot", first, MarkingPlace.FirstLine, isSigned);
        ReadMarking("flot", last, MarkingPlace.LastLine, isSigned);
    }

    // Most texts don't begin with a marking: what no policy knows is none.
    private void ReadMarking(string source, string? text, MarkingPlace place, bool isTrusted)
    {
        if (string.IsNullOrEmpty(text)) return;
        var language = Language(text, place, out var isMarking);
        if (!isMarking) return;
        sources.Add(source);
        carried.Add(new CarriedLabel(source, isTrusted) { Marking = text, Place = place, Language = language });
    }

    private string? Language(string marking, MarkingPlace place, out bool isMarking)
    {
        isMarking = true;
        foreach (var policy in policies.All)
        {
            foreach (var language in Languages(policy))
            {
                if (MarkingGrammar.For(policy, place, language).TryParse(marking, out _)) return language;
            }
        }

        isMarking = false;
        return null;
    }

    private static IEnumerable<string?> Languages(SecurityPolicy policy) =>
        policy.Classifications.SelectMany(c => c.Markings).Select(m => m.Language).Prepend(null).Distinct(StringComparer.Ordinal).Take(MostLanguages);

    private static string[] MessageIds(ProtectedHeaders headers) =>
        [.. headers.Fields.Where(f => f.Name.Equals("Message-ID", StringComparison.OrdinalIgnoreCase)).Select(f => (f.Protected ?? f.Outer ?? "").Trim('<', '>'))];

    private static bool IsThis(string uri, IReadOnlyList<string> messageIds) =>
        MailReference.Parse(uri) is { ContentId: null } reference && (reference.MessageId is null || messageIds.Contains(reference.MessageId));

    private static bool IsXml(MediaType type) =>
        type.Subtype is "xml" || type.Subtype.EndsWith("+xml", StringComparison.Ordinal);

    // The root element tells; all else is read by those who know it.
    private static bool IsBinding(ReadOnlyMemory<byte> document)
    {
        try
        {
            using var octets = new MemoryStream(document.ToArray());
            using var reader = XmlReader.Create(octets, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = LabelBounds.EncodedOctets });
            return reader.MoveToContent() is XmlNodeType.Element && reader.NamespaceURI == Stanag4778.Namespace;
        }
        catch (XmlException)
        {
            return false;
        }
    }
}
