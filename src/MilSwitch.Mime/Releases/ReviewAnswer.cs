using System.Diagnostics.CodeAnalysis;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>What somebody who was asked for a release answers. Immutable.</summary>
/// <param name="IsRelease">RELEASE; else REJECT.</param>
/// <param name="Draft">About which draft.</param>
/// <param name="Digest">SHA-256 of the content that was sent for review, 64 hexadecimal digits, lower case.</param>
/// <param name="Note">What else stands behind the word, on its line; empty: nothing.</param>
public sealed record ReviewAnswer(bool IsRelease, MessageId Draft, string Digest, string Note)
{
    /// <summary>Begins the line with the draft's id.</summary>
    public const string DraftLine = "Draft:";

    /// <summary>Begins the lines with the digest, half of it on each.</summary>
    public const string DigestLine = "Digest:";

    /// <summary>Characters of <see cref="Note"/>; what is longer is cut.</summary>
    public const int LongestNote = 400;

    private const int MostText = 64 << 10;
    private const int DigestDigits = 64;

    /// <summary>
    /// Reads the first text of a message. The first line that is not empty begins with the word; what was asked stands below, quoted or
    /// not. Bounded; never throws for any octets.
    /// </summary>
    /// <param name="content">A whole message without its protection, with CRLF line ends.</param>
    /// <param name="answer">What it says.</param>
    /// <param name="fault">Why it says nothing, for its author.</param>
    public static bool TryRead(ReadOnlyMemory<byte> content, [NotNullWhen(true)] out ReviewAnswer? answer, [NotNullWhen(false)] out string? fault)
    {
        answer = null;
        fault = null;
        if (TextLines.ReadText(content, MostText) is not { } text)
        {
            fault = "the answer has no plain text";
            return false;
        }

        string? first = null;
        MessageId? draft = null;
        var digest = "";
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length is 0) continue;
            first ??= line;
            var plain = line.TrimStart('>', ' ', '\t');
            if (plain.StartsWith(DraftLine, StringComparison.Ordinal))
            {
                // Two drafts in one answer: nobody knows which is meant.
                if (!MessageId.TryParse(plain[DraftLine.Length..].Trim(), out var id) || (draft is { } other && other != id)) fault = "the line with the draft is not as it was sent";
                draft = id;
            }
            else if (plain.StartsWith(DigestLine, StringComparison.Ordinal) && digest.Length < DigestDigits) digest += plain[DigestLine.Length..].Trim();
        }

        var space = first?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        var word = space < 0 ? first : first![..space];
        var isRelease = string.Equals(word?.TrimEnd('.', ','), "RELEASE", StringComparison.OrdinalIgnoreCase);
        if (!isRelease && !string.Equals(word?.TrimEnd('.', ',', ':'), "REJECT", StringComparison.OrdinalIgnoreCase)) fault ??= "it does not begin with RELEASE or REJECT";
        if (draft is null) fault ??= "the line with the draft is missing";
        if (digest.Length is not DigestDigits || !digest.All(char.IsAsciiHexDigit)) fault ??= "the lines with the digest are not as they were sent";
        if (fault is not null) return false;
        var note = space < 0 ? "" : new string([.. first![space..].Where(c => !char.IsControl(c))]).Trim();
        fault = null;
        answer = new ReviewAnswer(isRelease, draft!.Value, digest.ToLowerInvariant(), note.Length > LongestNote ? note[..LongestNote] : note);
        return true;
    }
}
