using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// Writes one label into a message: the field SIO-Label with its history (RFC 7444), and markings in the text, the Subject and a
/// field of their own. Where a signature covers what would change, or the text is encoded, it is left and said so. For one message and one thread.
/// </summary>
internal sealed class LabelWriter(PolicySet policies, string hostName, DateTimeOffset now, ICollection<string> findings, string? markingField = null)
{
    // RFC 5322 §2.1.1.
    private const int LineLength = 998;

    /// <summary>The message with the label at those places.</summary>
    /// <exception cref="FormatException">It can't be written.</exception>
    public ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> message, SecurityLabel label, ImmutableArray<LabelSource> places)
    {
        var policy = policies.Find(label.Policy);
        foreach (var place in places)
        {
            message = place switch
            {
                LabelSource.SioLabel => WriteField(message, label, policy),
                LabelSource.Subject when policy is not null => WriteSubject(message, label, policy),
                LabelSource.XHeader when policy is not null && markingField is not null => WriteMarkingField(message, label, policy, markingField),
                LabelSource.FirstLine when policy is not null => WriteLine(message, label, policy, first: true),
                LabelSource.LastLine when policy is not null => WriteLine(message, label, policy, first: false),
                _ => message,
            };
        }

        return message;
    }

    private ReadOnlyMemory<byte> WriteField(ReadOnlyMemory<byte> message, SecurityLabel label, SecurityPolicy? policy)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        var field = LabelFields.Find(header);
        var before = field.Labels is [var value] ? Read(value) : null;
        if (before is { } same && same.Label == label) return message;
        try
        {
            var written = SioLabel.Of(label, policy is null ? null : MarkingText.Generate(label, policy, MarkingPlace.Display), background: Color(label, policy));
            var change = field.Labels.IsEmpty ? SioLabelChange.Add : SioLabelChange.Replace;
            // More than one label before, or what is none, can't be told of as one.
            var history = new SioLabelHistory(change, hostName, now, before?.Field, written);
            findings.Add(change is SioLabelChange.Add ? "sio-label: added" : "sio-label: replaced");
            return LabelFields.Replace(message, header, written.Format(), history.Format());
        }
        catch (LabelRefusedException refused)
        {
            throw new FormatException(refused.Message, refused);
        }
    }

    private (SioLabel Field, SecurityLabel? Label)? Read(string value)
    {
        try
        {
            var field = SioLabel.Parse(value);
            return (field, SioLabels.Decode(field, policies));
        }
        catch (LabelRefusedException)
        {
            // What can't be read is replaced, and its history says that something was there.
            return null;
        }
    }

    // The policy may name colours that the field does not know.
    private static string? Color(SecurityLabel label, SecurityPolicy? policy)
    {
        if (label.Classification is not { } value || policy?.Classification(value)?.Color is not { } color) return null;
        try
        {
            return new SioLabel(" ", background: color).Background;
        }
        catch (LabelRefusedException)
        {
            return null;
        }
    }

    private ReadOnlyMemory<byte> WriteSubject(ReadOnlyMemory<byte> message, SecurityLabel label, SecurityPolicy policy)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        if (IsProtected(header) || header.CountOf("Subject"u8) > 1)
        {
            findings.Add("subject: not marked, a signature or another Subject stands in the way");
            return message;
        }

        var marking = MarkingText.Generate(label, policy, MarkingPlace.Subject);
        if (marking.Length is 0) return Unmarked("subject", message);
        var subject = SubjectText.Read(message) ?? "";
        var marked = MarkedSubject.With(MarkedSubject.Without(subject, MarkingGrammar.For(policy, MarkingPlace.Subject)), marking);
        if (marked == subject) return message;
        findings.Add("subject: marked");
        for (var i = 0; i < header.Count; i++)
        {
            var field = header[i];
            if (Ascii.EqualsIgnoreCase(field.Name.Span, "Subject"u8))
                return Join(message[..field.Start], SubjectText.Write(marked), message[(field.Start + field.Length)..]);
        }

        return Join(SubjectText.Write(marked), default, message);
    }

    // Written whoever signed the message, as SIO-Label is: its header is the way's.
    private ReadOnlyMemory<byte> WriteMarkingField(ReadOnlyMemory<byte> message, SecurityLabel label, SecurityPolicy policy, string name)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        var marking = MarkingText.Generate(label, policy, MarkingPlace.XHeader);
        var there = MarkingField.Find(header, name);
        if (there is [var only] && only == marking) return message;
        if (marking.Length is 0 && there.IsEmpty) return Unmarked("x-header", message);
        findings.Add("x-header: marked");
        return MarkingField.Replace(message, header, name, marking.Length is 0 ? null : marking);
    }

    private ReadOnlyMemory<byte> Unmarked(string place, ReadOnlyMemory<byte> message)
    {
        findings.Add($"{place}: not marked, the policy shows nothing of the label there");
        return message;
    }

    private ReadOnlyMemory<byte> WriteLine(ReadOnlyMemory<byte> message, SecurityLabel label, SecurityPolicy policy, bool first)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        var place = first ? MarkingPlace.FirstLine : MarkingPlace.LastLine;
        var name = first ? "first-line" : "last-line";
        var marking = MarkingText.Generate(label, policy, place);
        if (marking.Length is 0) return Unmarked(name, message);
        if (!IsPlain(header) || !Ascii.IsValid(marking) || marking.Length > LineLength)
        {
            findings.Add($"{name}: not marked, the message is not a plain text in clear");
            return message;
        }

        // Octet for octet: what is not ASCII passes as it is.
        var text = Encoding.Latin1.GetString(message.Span[header.Length..]);
        var grammar = MarkingGrammar.For(policy, place);
        var bare = first ? MarkedText.WithoutFirstLine(text, grammar) : MarkedText.WithoutLastLine(text, grammar);
        var marked = first ? MarkedText.WithFirstLine(bare, marking) : MarkedText.WithLastLine(bare, marking);
        if (marked == text) return message;
        findings.Add($"{name}: marked");
        return Join(message[..header.Length], Encoding.Latin1.GetBytes(marked), default);
    }

    private static bool IsProtected(HeaderBlock header) =>
        header.CountOf("Content-Type"u8) > 1
        || (header.TryGetSingle("Content-Type"u8, out var type)
            && (type.StartsWith("multipart/signed", StringComparison.OrdinalIgnoreCase) || type.Contains("pkcs7-mime", StringComparison.OrdinalIgnoreCase)));

    private static bool IsPlain(HeaderBlock header)
    {
        if (header.CountOf("Content-Type"u8) > 1 || header.CountOf("Content-Transfer-Encoding"u8) > 1) return false;
        var isText = !header.TryGetSingle("Content-Type"u8, out var type)
            || (type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) && !type.Contains("utf-16", StringComparison.OrdinalIgnoreCase) && !type.Contains("flowed", StringComparison.OrdinalIgnoreCase));
        return isText && (!header.TryGetSingle("Content-Transfer-Encoding"u8, out var encoding) || encoding.ToLower(CultureInfo.InvariantCulture) is "7bit" or "8bit");
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second, ReadOnlyMemory<byte> third)
    {
        var all = new ArrayBufferWriter<byte>(first.Length + second.Length + third.Length + 1);
        all.Write(first.Span);
        all.Write(second.Span);
        all.Write(third.Span);
        return all.WrittenMemory;
    }
}
