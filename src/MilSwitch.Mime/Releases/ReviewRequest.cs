using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>The message that asks for the release of a draft. Immutable.</summary>
public sealed record ReviewRequest
{
    /// <summary>Of the request itself.</summary>
    public required MessageId Id { get; init; }

    /// <summary>The draft.</summary>
    public required MessageId Draft { get; init; }

    /// <summary>SHA-256 of the draft's content, in hexadecimal.</summary>
    public required string Digest { get; init; }

    /// <summary>Who asks, and where answers go.</summary>
    public required Mailbox Desk { get; init; }

    /// <summary>Who is asked.</summary>
    public required ImmutableArray<Mailbox> To { get; init; }

    /// <summary>Who wrote the draft.</summary>
    public required string Drafter { get; init; }

    /// <summary>For whom the draft is.</summary>
    public required ImmutableArray<string> Recipients { get; init; }

    /// <summary>What is known of its release, as a sentence without a stop.</summary>
    public required string State { get; init; }

    /// <summary>The host's name.</summary>
    public required string Host { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The draft, with all its protection.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The draft came as BINARYMIME (RFC 3030), and so does the request: what is not encoded may not be encoded around it (RFC 2046 §5.2.1).</summary>
    public bool IsBinary { get; init; }

    /// <summary>The request with CRLF line ends.</summary>
    public byte[] Write()
    {
        var isUtf8 = To.Any(t => t.NeedsUtf8) || Desk.NeedsUtf8 || HasUtf8Header(Content);
        var text = Text(isUtf8);
        var part = ReportFrame.Part("text/plain; charset=utf-8", text, isUtf8);
        var draft = new ReturnedContent(isUtf8 ? "message/global" : "message/rfc822", IsBinary ? "binary" : System.Text.Ascii.IsValid(Content.Span) ? "7bit" : "8bit", Content);
        var boundary = ReportFrame.ChooseBoundary(Id, part.Octets, draft.Octets);
        var host = ReportFrame.HostOf(Host);
        var request = new PartWriter(isUtf8);
        request.Field("From", $"Release desk <{Desk.Text}>");
        request.Field("To", string.Join(", ", To.Select(t => $"<{t.Text}>")));
        request.Field("Reply-To", $"<{Desk.Text}>");
        // The draft's own subject may be what its encryption hides.
        request.Field("Subject", $"For release: {Draft}");
        request.Field("Date", MailDate.Format(Now));
        request.Field("Message-ID", $"<{Id}@{host}>");
        // RFC 3834 §5.
        request.Field("Auto-Submitted", "auto-generated");
        request.Field("MIME-Version", "1.0");
        request.Line("Content-Type: multipart/mixed;");
        request.Line($" boundary=\"{boundary}\"");
        if (IsBinary) request.Field("Content-Transfer-Encoding", "binary");
        else if (part.Encoding is "8bit" || draft.Encoding is "8bit") request.Field("Content-Transfer-Encoding", "8bit");
        request.Line();
        ReportFrame.WritePart(request, boundary, part);
        ReportFrame.WritePart(request, boundary, draft);
        request.Line();
        request.Line($"--{boundary}--");
        return request.Written.ToArray();
    }

    private PartWriter Text(bool isUtf8)
    {
        var text = new PartWriter(isUtf8);
        text.Text($"A draft is attached: {State}.");
        text.Line();
        text.Text($"From: {Drafter}");
        foreach (var recipient in Recipients.Take(ReportFrame.RecipientsInText)) text.Text($"To: {recipient}");
        if (Recipients.Length > ReportFrame.RecipientsInText) text.Line($"and {Recipients.Length - ReportFrame.RecipientsInText} more");
        text.Line();
        text.Text("Answer to this message, sign the answer, and leave the lines below in it. Begin it with");
        text.Line("  RELEASE            the draft may go as it is");
        text.Line("  REJECT and why     it goes back to its author with your words");
        text.Line();
        text.Line($"{ReviewAnswer.DraftLine} {Draft}");
        text.Line($"{ReviewAnswer.DigestLine} {Digest[..(Digest.Length / 2)]}");
        text.Line($"{ReviewAnswer.DigestLine} {Digest[(Digest.Length / 2)..]}");
        return text;
    }

    private static bool HasUtf8Header(ReadOnlyMemory<byte> content)
    {
        var end = content.Span.IndexOf("\r\n\r\n"u8);
        return !System.Text.Ascii.IsValid(end < 0 ? content.Span : content.Span[..end]);
    }
}
