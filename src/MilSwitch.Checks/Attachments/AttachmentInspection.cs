using System.Collections.Immutable;
using System.IO.Compression;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Attachments;

/// <summary>
/// Judges the files of one message, those in archives too: a stack of archives that are being opened, of which only one entry each
/// is in memory. Not thread-safe.
/// </summary>
internal sealed class AttachmentInspection(AttachmentRules rules, FindingList findings, CancellationToken cancellationToken)
{
    private readonly ArchiveBudget budget = new(rules);

    public void Judge(FoundFile file)
    {
        var open = new Stack<IEnumerator<FoundFile>>();
        Push(JudgeOne(file));
        while (open.TryPeek(out var entries))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entries.MoveNext()) Push(JudgeOne(entries.Current));
            else open.Pop().Dispose();
        }

        void Push(IEnumerable<FoundFile>? inside)
        {
            if (inside is not null) open.Push(inside.GetEnumerator());
        }
    }

    // What is inside; null when it is no archive, or is not opened.
    private IEnumerable<FoundFile>? JudgeOne(FoundFile file)
    {
        var text = file.Content.Span;
        var kind = FileIdentification.Identify(text);
        var zip = kind is FileKind.Zip ? ZipDirectory.Read(file.Content, budget.Entries) : null;
        kind = zip?.Kind ?? kind;
        JudgeKind(file, kind);
        JudgeNames(file);
        if (!file.IsInDocument) JudgeClaims(file, kind);
        if (zip is null && ZipDirectory.EndsAnArchive(text)) Suspect(file, "an archive at the end of another file");
        if (ActiveContent.IsEncrypted(kind, text)) Suspect(file, "encrypted, so that it can't be looked into");
        if (rules.HoldsActiveContent && ActiveContent.IsIn(IsPage(file, kind) ? FileKind.Html : kind, text)) Suspect(file, "active content");
        if (IsXml(file, kind) && XmlProbe.Fault(file.Content, Ends(file, ".rels"), cancellationToken) is { } fault) Suspect(file, fault);
        if (zip is null && kind is not FileKind.Gzip) return null;
        if (file.Depth >= rules.ArchiveDepth)
        {
            findings.Add(CheckOutcome.Blocked, $"{file.Where}: archives too deep inside each other");
            return null;
        }

        return zip is null ? Unzipped(file) : Entries(file, zip, kind);
    }

    // Programs read the pieces of documents as XML whether they begin like it or not.
    private static bool IsXml(FoundFile file, FileKind kind) =>
        kind is FileKind.Xml || (file.IsInDocument && (kind is FileKind.Text or FileKind.Html or FileKind.Unknown) && (Ends(file, ".rels") || Ends(file, ".xml")));

    // Browsers and mail readers take it for one whatever it begins with.
    private static bool IsPage(FoundFile file, FileKind kind) =>
        kind is FileKind.Text or FileKind.Xml && (file.MediaType is "text/html" or "application/xhtml+xml" or "image/svg+xml" || file.Names.Any(FileClaim.IsPageName));

    private static bool Ends(FoundFile file, string ending) => file.Names.Any(n => n.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private void JudgeKind(FoundFile file, FileKind kind)
    {
        if (rules.Blocked.Contains(kind)) findings.Add(CheckOutcome.Blocked, $"{file.Where}: a file of the kind {FileKindNames.Of(kind)}");
        else if (rules.Held.Contains(kind) && !(file.IsInDocument && kind is FileKind.Unknown)) Suspect(file, $"a file of the kind {FileKindNames.Of(kind)}");
    }

    // In documents too: whoever unpacks one as an archive can run what is in it.
    private void JudgeNames(FoundFile file)
    {
        if (file.Names.Any(FileClaim.IsProgramName)) findings.Add(CheckOutcome.Blocked, $"{file.Where}: the name of a program");
    }

    private void JudgeClaims(FoundFile file, FileKind kind)
    {
        if (file.MediaType is { } type && FileClaim.OfType(type) is { IsEmpty: false } claimed && !claimed.Contains(kind)) Suspect(file, $"its media type is not that of {FileKindNames.Of(kind)}");
        foreach (var name in file.Names)
        {
            if (FileClaim.IsTreacherous(Last(name, file.Depth))) Suspect(file, "a name that hides what it is");
            if (FileClaim.OfName(name) is { IsEmpty: false } named && !named.Contains(kind)) Suspect(file, $"its name is not that of {FileKindNames.Of(kind)}");
        }
    }

    // Folders are common in archives; what leads out of them is judged with the archive.
    private static string Last(string name, int depth) => depth is 0 ? name : name[(name.LastIndexOf('/') + 1)..];

    private IEnumerable<FoundFile> Entries(FoundFile file, ZipDirectory zip, FileKind kind)
    {
        if (zip.Fault is { } fault)
        {
            findings.Add(fault is ZipDirectory.TooManyEntries ? CheckOutcome.Blocked : CheckOutcome.Suspicious, $"{file.Where}: {fault}");
            yield break;
        }

        var isDocument = kind is FileKind.OfficeOpenXml or FileKind.OpenDocument;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < zip.Entries.Length; i++)
        {
            var entry = zip.Entries[i];
            var where = $"{file.Where}, entry {i + 1}";
            if (--budget.Entries < 0)
            {
                findings.Add(CheckOutcome.Blocked, $"{file.Where}: too many entries in archives");
                yield break;
            }

            if (entry.Names.Any(n => !seen.Add(n) && entry.Names.Length is 1)) Suspect(file, "two entries of the archive have one name");
            if (entry.Names.Any(LeadsOut)) Suspect(file, "an entry leads out of the folder into which it is unpacked");
            if (isDocument && rules.HoldsActiveContent && entry.Names.Any(ActiveContent.IsMacroEntry)) Suspect(file, "active content");
            if (entry.Names[0].EndsWith('/') && entry.Data.IsEmpty) continue;
            if (Open(entry, where) is { } content) yield return new FoundFile(where, content, null, entry.Names, file.Depth + 1, isDocument || file.IsInDocument);
        }
    }

    private byte[]? Open(ZipEntry entry, string where)
    {
        if (entry.IsEncrypted) findings.Add(CheckOutcome.Suspicious, $"{where}: encrypted, so that it can't be looked into");
        else if (!entry.CanOpen) findings.Add(CheckOutcome.Suspicious, $"{where}: packed in a way that is not opened");
        else if (entry.Octets > rules.LargestEntry) Bomb(where);
        else
        {
            using var source = entry.Open();
            if (Read(source, entry.Data.Length, where) is not { } content) return null;
            if (content.Length == entry.Octets) return content;
            findings.Add(CheckOutcome.Suspicious, $"{where}: not as long as the archive says");
        }

        return null;
    }

    // RFC 1952.
    private IEnumerable<FoundFile> Unzipped(FoundFile file)
    {
        var where = $"{file.Where}, unpacked";
        using var source = new GZipStream(new MemoryStream(file.Content.ToArray(), writable: false), CompressionMode.Decompress);
        if (Read(source, file.Content.Length, where) is { } content)
            yield return new FoundFile(where, content, null, [.. file.Names.Where(n => n.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)).Select(n => n[..^3])], file.Depth + 1, file.IsInDocument);
    }

    private byte[]? Read(Stream source, long packed, string where)
    {
        try
        {
            if (budget.Read(source, packed, cancellationToken) is { } content) return content;
            Bomb(where);
        }
        catch (InvalidDataException)
        {
            findings.Add(CheckOutcome.Suspicious, $"{where}: can't be unpacked");
        }

        return null;
    }

    private void Bomb(string where) => findings.Add(CheckOutcome.Blocked, $"{where}: unpacks to more than allowed");

    private void Suspect(FoundFile file, string finding) => findings.Add(CheckOutcome.Suspicious, $"{file.Where}: {finding}");

    private static bool LeadsOut(string name) =>
        name.Length is 0 || name[0] is '/' || name.AsSpan().IndexOfAny("\\:\0") >= 0 || name.Split('/').Contains("..");
}
