using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Host.Api;
using MilSwitch.Host.Commands;
using MilSwitch.Labels;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Smtp.Server.Direct;
using MimeKit;
using MimeKit.Utils;

namespace MilSwitch.Host.Submission;

/// <summary>Makes a message of what was handed in as values. Stateless and thread-safe.</summary>
/// <param name="policies">For labels that speak in names.</param>
/// <param name="hostName">For the Message-ID.</param>
internal sealed class MessageComposer(PolicySet policies, string hostName)
{
    private const int MostAttachments = 100;
    private const int LongestSubject = 998;
    private const int LongestEnvelopeId = 100;

    private static readonly ParserOptions Strict = new() { AddressParserComplianceMode = RfcComplianceMode.Strict };
    private static readonly FormatOptions Format = Lines();

    /// <exception cref="SubmissionRefusedException">Something of it can't be in a message; every fault is told.</exception>
    public DirectMessage Compose(SubmissionRequest request, DateTimeOffset now)
    {
        var faults = new List<FieldFault>();
        var from = Addresses(request.From is { } author ? [author] : [], "from", faults);
        if (from.Count is 0 && faults.Count is 0) faults.Add(new FieldFault("from", 0, "MISSING", "the author is missing"));
        var to = Addresses(request.To, "to", faults);
        var cc = Addresses(request.Cc, "cc", faults);
        var bcc = Addresses(request.Bcc, "bcc", faults);
        if (to.Count + cc.Count + bcc.Count is 0 && faults.Count is 0) faults.Add(new FieldFault("to", 0, "MISSING", "there is no recipient"));
        CheckText(request.Subject, "subject", LongestSubject, faults);
        if (request.Text?.Contains('\0', StringComparison.Ordinal) is true) faults.Add(new FieldFault("text", 0, "CHARACTER", "a character that no text has"));
        var notify = Notify(request.Notify, faults);
        var returned = Return(request.Return, faults);
        if (request.EnvelopeId is { } envelopeId && (envelopeId.Length is 0 or > LongestEnvelopeId || !envelopeId.All(c => c is > ' ' and <= '~')))
            faults.Add(new FieldFault("envelopeId", 0, "CHARACTER", $"not 1 to {Text.Number(LongestEnvelopeId)} printable ASCII characters"));
        var deliverBy = By(request.DeliverBy, faults);
        var fields = MmhsFields.None;
        if (request.Mmhs is { } mmhs)
        {
            fields = MmhsInput.Read(mmhs, out var unsound);
            faults.AddRange(unsound);
        }

        var label = Label(request.Label, now, faults);
        var supersedes = Supersedes(request.Supersedes, faults);
        var attachments = Attachments(request.Attachments, faults);
        if (faults.Count > 0) throw new SubmissionRefusedException(faults);

        using var message = new MimeMessage { Subject = request.Subject ?? "", Date = now, MessageId = MimeUtils.GenerateMessageId(hostName) };
        message.From.Add(from[0].Shown);
        message.To.AddRange(to.Select(a => a.Shown));
        message.Cc.AddRange(cc.Select(a => a.Shown));
        if (request.Receipt) message.Headers.Add("Disposition-Notification-To", from[0].Mailbox.Text);
        var text = new TextPart("plain") { Text = Normal(request.Text) };
        message.Body = attachments.Count is 0 ? text : new Multipart("mixed") { text };
        foreach (var part in attachments) ((Multipart)message.Body).Add(part);
        message.Prepare(EncodingConstraint.SevenBit);
        using var octets = new MemoryStream();
        octets.Write(MmhsWriter.Write(fields));
        octets.Write(label);
        if (request.Expires is { } expires) octets.Write(Encoding.ASCII.GetBytes($"Expires: {DateUtils.FormatDate(expires)}\r\n"));
        if (supersedes is not null) octets.Write(Encoding.ASCII.GetBytes($"Supersedes: {supersedes}\r\n"));
        message.WriteTo(Format, octets);
        return new DirectMessage(
            new ReversePath(from[0].Mailbox),
            [.. to.Concat(cc).Concat(bcc).DistinctBy(a => a.Mailbox).Select(a => new Recipient(a.Mailbox) { Notify = notify })],
            octets.GetBuffer().AsMemory(0, (int)octets.Length))
        {
            Return = returned, EnvelopeId = request.EnvelopeId, DeliverBy = deliverBy,
        };
    }

    private static FormatOptions Lines()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.EnsureNewLine = true;
        return format;
    }

    private static List<(MailboxAddress Shown, Mailbox Mailbox)> Addresses(IReadOnlyList<string>? given, string name, List<FieldFault> faults)
    {
        var found = new List<(MailboxAddress, Mailbox)>();
        for (var i = 0; i < (given?.Count ?? 0); i++)
        {
            if (given![i] is { } text && !text.Any(char.IsControl) && MailboxAddress.TryParse(Strict, text, out var shown) && Mailbox.TryParse(shown.Address, allowUtf8: true, out var mailbox, out _) && mailbox.Domain.Length > 0)
                found.Add((shown, mailbox));
            else faults.Add(new FieldFault(name == "from" ? name : $"{name}[{Text.Number(i)}]", 0, "ADDRESS", "no mail address with a domain"));
        }

        return found;
    }

    private static void CheckText(string? text, string name, int longest, List<FieldFault> faults)
    {
        if (text is null) return;
        if (text.Length > longest) faults.Add(new FieldFault(name, 0, "LENGTH", $"longer than {Text.Number(longest)} characters"));
        if (text.Any(char.IsControl)) faults.Add(new FieldFault(name, 0, "CHARACTER", "a character that no such text has"));
    }

    private static NotifyOptions Notify(IReadOnlyList<string>? words, List<FieldFault> faults)
    {
        var notify = NotifyOptions.Unspecified;
        foreach (var word in words ?? [])
        {
            var flag = word switch { "never" => NotifyOptions.Never, "success" => NotifyOptions.Success, "failure" => NotifyOptions.Failure, "delay" => NotifyOptions.Delay, _ => NotifyOptions.Unspecified };
            if (flag is NotifyOptions.Unspecified) faults.Add(new FieldFault("notify", 0, "WORD", "none of never, success, failure and delay"));
            notify |= flag;
        }

        if (notify.HasFlag(NotifyOptions.Never) && notify is not NotifyOptions.Never) faults.Add(new FieldFault("notify", 0, "WORD", "never stands alone"));
        return notify;
    }

    // How early is too early is the listener's to say.
    private static DeliverBy? By(DeliverByRequest? given, List<FieldFault> faults)
    {
        if (given is null) return null;
        if (given.By is not { } by) faults.Add(new FieldFault("deliverBy.by", 0, "MISSING", "the time is missing"));
        else if (given.Mode is not (null or "return" or "notify")) faults.Add(new FieldFault("deliverBy.mode", 0, "WORD", "neither return nor notify"));
        else return new DeliverBy(by, given.Mode is "notify" ? DeliverByMode.Notify : DeliverByMode.Return, given.Trace);
        return null;
    }

    private static DsnReturn Return(string? word, List<FieldFault> faults)
    {
        if (word is not (null or "full" or "headers")) faults.Add(new FieldFault("return", 0, "WORD", "neither full nor headers"));
        return word switch { "full" => DsnReturn.Full, "headers" => DsnReturn.Headers, _ => DsnReturn.Unspecified };
    }

    private byte[] Label(string? text, DateTimeOffset now, List<FieldFault> faults)
    {
        if (text is null) return [];
        try
        {
            var label = LabelSource.Decode(Encoding.UTF8.GetBytes(text), null, policies).Label;
            // One LF ends it.
            var field = Encoding.UTF8.GetString(LabelWriter.Write(label, LabelForm.SioLabel, policies, now)).TrimEnd('\n').Replace("\r\n", "\n", StringComparison.Ordinal);
            return Encoding.UTF8.GetBytes(field.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n");
        }
        catch (LabelRefusedException refused)
        {
            faults.Add(new FieldFault("label", 0, "LABEL", "no label: " + LabelSource.Words(refused)));
            return [];
        }
    }

    private static string? Supersedes(string? text, List<FieldFault> faults)
    {
        if (text is null) return null;
        if (MimeUtils.EnumerateReferences(text.StartsWith('<') ? text : $"<{text}>").ToArray() is [var id] && (text == id || text == $"<{id}>") && id.Length <= LongestSubject - 20 && id.All(c => c is > ' ' and <= '~')) return $"<{id}>";
        faults.Add(new FieldFault("supersedes", 0, "MESSAGE-ID", "no Message-ID"));
        return null;
    }

    private static List<MimePart> Attachments(IReadOnlyList<AttachmentRequest>? given, List<FieldFault> faults)
    {
        var parts = new List<MimePart>();
        if (given?.Count > MostAttachments)
        {
            faults.Add(new FieldFault("attachments", 0, "TOO-MANY", $"more than {Text.Number(MostAttachments)}"));
            return parts;
        }

        for (var i = 0; i < (given?.Count ?? 0); i++)
        {
            var at = $"attachments[{Text.Number(i)}]";
            var (before, attachment) = (faults.Count, given![i]);
            if (attachment?.Content is null) faults.Add(new FieldFault($"{at}.content", 0, "MISSING", "the content is missing"));
            CheckText(attachment?.Name, $"{at}.name", 255, faults);
            ContentType? type = null;
            if (attachment?.Type?.Any(char.IsControl) is true || !ContentType.TryParse(attachment?.Type ?? "application/octet-stream", out type) || type.IsMimeType("multipart", "*") || type.IsMimeType("message", "*"))
                faults.Add(new FieldFault($"{at}.type", 0, "TYPE", "no media type of one part"));
            if (faults.Count > before) continue;
            parts.Add(new MimePart(type!)
            {
                Content = new MimeContent(new MemoryStream(attachment!.Content!, writable: false)),
                ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = attachment.Name },
                ContentTransferEncoding = ContentEncoding.Base64,
            });
        }

        return parts;
    }

    private static string Normal(string? text) => (text ?? "").Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
}
