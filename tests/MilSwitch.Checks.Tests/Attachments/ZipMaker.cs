using System.IO.Compression;
using System.Text;

namespace MilSwitch.Checks.Tests.Attachments;

/// <summary>Archives for tests, good ones by the library and bad ones by changing octets of these.</summary>
internal static class ZipMaker
{
    public static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, name is "mimetype" ? CompressionLevel.NoCompression : CompressionLevel.SmallestSize).Open();
                entry.Write(content);
            }
        }

        return file.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(content);
        return file.ToArray();
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A copy with other octets at a place counted from a mark, or from the last one of its kind.</summary>
    public static byte[] With(byte[] file, ReadOnlySpan<byte> mark, int offset, params byte[] octets)
    {
        var copy = file.ToArray();
        octets.CopyTo(copy, copy.AsSpan().LastIndexOf(mark) + offset);
        return copy;
    }

    /// <summary>Word documents of the least kind, with further entries.</summary>
    public static byte[] Document(params (string Name, byte[] Content)[] more) =>
        Zip([("[Content_Types].xml", Text("<?xml version=\"1.0\"?><Types/>")), ("word/document.xml", Text("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"/>")), .. more]);
}
