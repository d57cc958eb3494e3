using System.Text;
using MilSwitch.Checks.Attachments;
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
    private readonly ArchiveBudget budget = new(new AttachmentRules());

    /// <summary>Occurrences of a rule in all that was read.</summary>
    public int CountOf(int rule) => shown.Counts[rule] + hidden.Counts[rule];

    /// <summary>Reads a part's header and, of a leaf, its content.</summary>
    /// <returns>Why not all of it can be read; null: all is.</returns>
    public string? Read(MailPart part)
    {
        foreach (var field in part.Header)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var value = Encoding.UTF8.GetString(field.RawValue.Span).Replace("\r\n", "", StringComparison.Ordinal);
            Read(value.Length > LongestDecoded ? value : SubjectText.Decode(value));
        }

        foreach (var name in part.FileNames) Read(name);
        if (!part.Preamble.IsEmpty) Read(part.Preamble.Span, Encoding.UTF8, asMarkup: false);
        return part.IsContainer ? null : ReadBody(part);
    }

    private string? ReadBody(MailPart part)
    {
        var file = part.Decode();
        var content = file.Span;
        var kind = FileIdentification.Identify(content);
        if (IsPacked(kind) || (kind is FileKind.Zip && !TryReadArchive(file))) return "an archive whose words can't be read";
        if (kind is FileKind.Zip) return null;
        // A page is one whatever it is called, unless it is shown as the text it is.
        var asMarkup = IsMarkup(part.MediaType) || (!IsText(part.MediaType) && kind is (FileKind.Html or FileKind.Xml));
        if (asMarkup || IsText(part.MediaType))
        {
            if (TextCharset.Find(part.Charset) is not { } charset) return "its character set is not known";
            ReadText(content, charset, asMarkup);
            return null;
        }

        ReadFile(content);
        return null;
    }

    private static bool IsPacked(FileKind kind) =>
        kind is FileKind.Gzip or FileKind.Bzip2 or FileKind.Xz or FileKind.Zstandard or FileKind.SevenZip or FileKind.Rar or FileKind.Cabinet;

    // Files that are no texts keep theirs in one of these two.
    private void ReadFile(ReadOnlySpan<byte> content)
    {
        Read(content, Encoding.UTF8, asMarkup: false);
        Read(content, Encoding.Unicode, asMarkup: false);
    }

    // Documents of today are archives of XML. Archives in archives are not opened.
    private bool TryReadArchive(ReadOnlyMemory<byte> file)
    {
        var zip = ZipDirectory.Read(file, budget.Entries);
        var isWhole = zip.Fault is null;
        foreach (var entry in zip.Entries)
        {
            foreach (var name in entry.Names) Read(name);
            if (Unpack(entry) is not { } content) return false;
            var kind = FileIdentification.Identify(content);
            isWhole &= kind is not FileKind.Zip && !IsPacked(kind);
            if (kind is FileKind.Xml or FileKind.Html or FileKind.Text) ReadText(content, Encoding.UTF8, asMarkup: kind is not FileKind.Text || entry.Names[0].EndsWith(".xml", StringComparison.OrdinalIgnoreCase));
            else ReadFile(content);
        }

        return isWhole;
    }

    private byte[]? Unpack(ZipEntry entry)
    {
        if (!entry.CanOpen || --budget.Entries < 0) return null;
        try
        {
            using var source = entry.Open();
            return budget.Read(source, entry.Data.Length, cancellationToken);
        }
        catch (InvalidDataException)
        {
            return null;
        }
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

    // Many programs believe the mark at the beginning rather than what is said of the text, others don't.
    private void ReadText(ReadOnlySpan<byte> octets, Encoding charset, bool asMarkup)
    {
        Read(octets, charset, asMarkup);
        if (octets.StartsWith(Encoding.Unicode.Preamble)) Read(octets, Encoding.Unicode, asMarkup);
        else if (octets.StartsWith(Encoding.BigEndianUnicode.Preamble)) Read(octets, Encoding.BigEndianUnicode, asMarkup);
        else if (octets.StartsWith(Encoding.UTF8.Preamble) && charset.CodePage != Encoding.UTF8.CodePage) Read(octets, Encoding.UTF8, asMarkup);
    }

    private void Read(ReadOnlySpan<byte> octets, Encoding charset, bool asMarkup)
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
