using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Checks.Attachments;

/// <summary>
/// The entries of a ZIP archive (APPNOTE 6.3) as its directory at the end and the header before each entry both have it. Some
/// readers follow the one, some the other: an archive in which they differ, or in which octets belong to no entry or to two, is
/// refused. Immutable.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndLength = 22;
    private const int RowLength = 46;
    private const int HeaderLength = 30;
    public const string TooManyEntries = "the archive has too many entries";
    private const string Contradiction = "the directory and the entries of the archive contradict each other";

    private ZipDirectory(ImmutableArray<ZipEntry> entries, string? fault)
    {
        Entries = entries;
        Fault = fault;
    }

    /// <summary>In the order of the directory; empty with a fault.</summary>
    public ImmutableArray<ZipEntry> Entries { get; }

    /// <summary>Why it is refused; null: it is not.</summary>
    public string? Fault { get; }

    /// <summary>What the archive is by the names in it.</summary>
    public FileKind Kind =>
        Has("[Content_Types].xml") ? FileKind.OfficeOpenXml
        : IsOpenDocument() ? FileKind.OpenDocument
        : Has("AndroidManifest.xml") || Has("classes.dex") ? FileKind.ByteCode
        : Has("META-INF/MANIFEST.MF") ? FileKind.Java
        : FileKind.Zip;

    /// <summary>There is a whole archive at the end of a file, whatever it begins with.</summary>
    public static bool EndsAnArchive(ReadOnlySpan<byte> file) => FindEnd(file, out _) is var end and >= 0 && DirectoryStart(file, end) >= 0;

    /// <summary>Never throws for any octets.</summary>
    /// <param name="file">All of it.</param>
    /// <param name="most">Entries that are read.</param>
    public static ZipDirectory Read(ReadOnlyMemory<byte> file, int most)
    {
        var text = file.Span;
        var end = FindEnd(text, out var more);
        if (end < 0) return new([], "the archive has no directory at its end");
        if (more) return new([], "the archive has two directories");
        var count = U16(text, end + 10);
        if (count is 0xffff || U32(text, end + 12) is uint.MaxValue || U32(text, end + 16) is uint.MaxValue) return new([], "the archive is of the large kind (ZIP64), which is not opened");
        if (count > most) return new([], TooManyEntries);
        var start = DirectoryStart(text, end);
        if (start < 0 || U16(text, end + 4) is not 0 || U16(text, end + 6) is not 0 || U16(text, end + 8) != count) return new([], Contradiction);
        return ReadRows(file, start, end, count);
    }

    private bool Has(string name) => Entries.Any(e => e.Names.Contains(name));

    private bool IsOpenDocument() => Entries is [{ Method: 0, Names: ["mimetype"] } first, ..] && first.Data.Span.StartsWith("application/vnd.oasis.opendocument"u8);

    // The end record whose comment reaches to the end of the file; "more" tells of a second one.
    private static int FindEnd(ReadOnlySpan<byte> file, out bool more)
    {
        more = false;
        var found = -1;
        var reach = file.Length - Math.Min(file.Length, EndLength + ushort.MaxValue);
        for (var tail = file[reach..]; tail.LastIndexOf("PK\x05\x06"u8) is var at and >= 0; tail = tail[..at])
        {
            if (at + reach + EndLength > file.Length || at + reach + EndLength + U16(file, at + reach + 20) != file.Length) continue;
            more = found >= 0;
            found = at + reach;
            if (more) break;
        }

        return found;
    }

    private static int DirectoryStart(ReadOnlySpan<byte> file, int end)
    {
        var length = U32(file, end + 12);
        var start = U32(file, end + 16);
        if (start + (long)length != end) return -1;
        return start == end || file[(int)start..].StartsWith("PK\x01\x02"u8) ? (int)start : -1;
    }

    private static ZipDirectory ReadRows(ReadOnlyMemory<byte> file, int start, int end, int count)
    {
        var text = file.Span;
        var entries = ImmutableArray.CreateBuilder<ZipEntry>(count);
        var extents = new List<Extent>(count);
        var position = start;
        for (var i = 0; i < count; i++)
        {
            if (position + RowLength > end || !text[position..].StartsWith("PK\x01\x02"u8)) return new([], Contradiction);
            var row = text[position..end];
            var (nameLength, extraLength) = (U16(row, 28), U16(row, 30));
            var length = RowLength + nameLength + extraLength + U16(row, 32);
            if (length > row.Length) return new([], Contradiction);
            var (packed, octets, at) = (U32(row, 20), U32(row, 24), U32(row, 42));
            if (packed is uint.MaxValue || octets is uint.MaxValue || at is uint.MaxValue) return new([], "the archive is of the large kind (ZIP64), which is not opened");
            if (at + (long)HeaderLength > start) return new([], Contradiction);
            var data = DataStart(text[(int)at..start], row, nameLength);
            if (data < 0 || at + data + (long)packed > start) return new([], Contradiction);
            var from = (int)at + data;
            extents.Add(new Extent((int)at, from + (int)packed, (U16(row, 8) & 8) is not 0, packed, octets));
            var flags = U16(row, 8);
            entries.Add(new ZipEntry(Names(row.Slice(RowLength, nameLength), row.Slice(RowLength + nameLength, extraLength)), U16(row, 10), (flags & 0x2041) is not 0, file.Slice(from, (int)packed), octets));
            position += length;
        }

        return position == end && LieSideBySide(text, extents, start) ? new(entries.ToImmutable(), null) : new([], Contradiction);
    }

    // Where the data begins behind a local header that says the same as the row of the directory; -1: it does not.
    private static int DataStart(ReadOnlySpan<byte> local, ReadOnlySpan<byte> row, int nameLength)
    {
        if (!local.StartsWith("PK\x03\x04"u8) || U16(local, 26) != nameLength) return -1;
        var length = HeaderLength + nameLength + U16(local, 28);
        if (length > local.Length || !local.Slice(HeaderLength, nameLength).SequenceEqual(row.Slice(RowLength, nameLength))) return -1;
        var flags = U16(local, 6);
        if (flags != U16(row, 8) || U16(local, 8) != U16(row, 10)) return -1;
        // With bit 3 the numbers may stand behind the data instead.
        var later = (flags & 8) is not 0;
        return Agree(U32(local, 14), U32(row, 16)) && Agree(U32(local, 18), U32(row, 20)) && Agree(U32(local, 22), U32(row, 24)) ? length : -1;

        bool Agree(uint here, uint there) => here == there || (later && here is 0);
    }

    // Every octet before the directory belongs to exactly one entry: no prefix, no gaps, no overlaps.
    private static bool LieSideBySide(ReadOnlySpan<byte> file, List<Extent> extents, int start)
    {
        extents.Sort((a, b) => a.Start.CompareTo(b.Start));
        var expected = 0;
        for (var i = 0; i < extents.Count; i++)
        {
            if (extents[i].Start != expected) return false;
            var next = i + 1 < extents.Count ? extents[i + 1].Start : start;
            if (!Reaches(file, extents[i], next)) return false;
            expected = next;
        }

        return expected == start;
    }

    // To where the next one begins, with the checksum and the lengths behind the data where they stand there.
    private static bool Reaches(ReadOnlySpan<byte> file, Extent extent, int next)
    {
        var rest = next - extent.End;
        if (!extent.HasDescriptor) return rest is 0;
        return (rest is 12 || (rest is 16 && file[extent.End..].StartsWith("PK\x07\x08"u8))) && U32(file, next - 8) == extent.Packed && U32(file, next - 4) == extent.Octets;
    }

    private static ImmutableArray<string> Names(ReadOnlySpan<byte> name, ReadOnlySpan<byte> extra)
    {
        // CP437 or UTF-8: what matters in a name is in ASCII.
        var plain = Encoding.UTF8.GetString(name);
        while (extra.Length >= 4)
        {
            var length = Math.Min(U16(extra, 2), extra.Length - 4);
            // The Unicode Path of Info-ZIP: version, checksum, name.
            if (U16(extra, 0) is 0x7075 && length > 5) return [plain, Encoding.UTF8.GetString(extra.Slice(9, length - 5))];
            extra = extra[(4 + length)..];
        }

        return [plain];
    }

    private static ushort U16(ReadOnlySpan<byte> text, int at) => BinaryPrimitives.ReadUInt16LittleEndian(text[at..]);

    private static uint U32(ReadOnlySpan<byte> text, int at) => BinaryPrimitives.ReadUInt32LittleEndian(text[at..]);

    private readonly record struct Extent(int Start, int End, bool HasDescriptor, uint Packed, uint Octets);
}
