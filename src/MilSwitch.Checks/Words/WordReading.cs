using System.Text;
using MilSwitch.Checks.Parts;
using MilSwitch.Mime;

namespace MilSwitch.Checks.Words;

/// <summary>Hands everything in a part that somebody might read to the tallies.</summary>
internal sealed class WordReading(WordAutomaton automaton, CancellationToken cancellationToken)
{
    // Longer fields are not decoded, but read as they stand.
    private const int LongestDecoded = 16 << 10;
    private const int Piece = 16 << 10;

    private readonly WordTally shown = new(automaton);
    private readonly WordTally hidden = new(automaton);

    /// <summary>Occurrences of a rule in all that was read.</summary>
    public int CountOf(int rule) => shown.Counts[rule] + hidden.Counts[rule];

    /// <summary>Reads a part's header and, of a leaf, its content.</summary>
    /// <returns>False: its character set is not known.</returns>
    public bool TryRead(MailPart part)
    {
        foreach (var field in part.Header)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var value = Encoding.UTF8.GetString(field.RawValue.Span).Replace("\r\n", "", StringComparison.Ordinal);
            Read(value.Length > LongestDecoded ? value : SubjectText.Decode(value));
        }

        foreach (var name in part.FileNames) Read(name);
        if (!part.Preamble.IsEmpty) Read(part.Preamble.Span, Encoding.UTF8, asMarkup: false);
        return part.IsContainer || TryReadBody(part);
    }

    private bool TryReadBody(MailPart part)
    {
        var content = part.Decode().Span;
        if (IsMarkup(part.MediaType) || IsText(part.MediaType))
        {
            if (TextCharset.Find(part.Charset) is not { } charset) return false;
            Read(content, charset, IsMarkup(part.MediaType));
            return true;
        }

        // Files that are no texts keep theirs in one of these two.
        Read(content, Encoding.UTF8, asMarkup: false);
        Read(content, Encoding.Unicode, asMarkup: false);
        return true;
    }

    private static bool IsMarkup(string mediaType) =>
        mediaType is "text/html" or "text/xml" or "application/xml" || mediaType.EndsWith("+xml", StringComparison.Ordinal);

    private static bool IsText(string mediaType) =>
        mediaType.StartsWith("text/", StringComparison.Ordinal) || mediaType.StartsWith("message/", StringComparison.Ordinal) || mediaType is "application/json";

    private void Read(string text)
    {
        shown.Feed(text);
        shown.Break();
    }

    public void Read(ReadOnlySpan<byte> octets, Encoding charset, bool asMarkup)
    {
        var decoder = charset.GetDecoder();
        var characters = new char[charset.GetMaxCharCount(Piece)];
        var markup = asMarkup ? new HtmlText(shown, hidden) : null;
        while (octets.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = octets[..Math.Min(Piece, octets.Length)];
            octets = octets[piece.Length..];
            var text = characters.AsSpan(0, decoder.GetChars(piece, characters, flush: octets.IsEmpty));
            if (markup is null) shown.Feed(text);
            else markup.Feed(text);
        }

        markup?.End();
        shown.Break();
    }
}
