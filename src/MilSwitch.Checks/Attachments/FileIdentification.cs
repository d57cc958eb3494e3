using System.Text;

namespace MilSwitch.Checks.Attachments;

/// <summary>Tells what a file is by its octets. What is inside a ZIP is for <see cref="ZipDirectory"/> to say. Pure.</summary>
public static class FileIdentification
{
    // Readers of PDF put up with that much before it.
    private const int PdfReach = 1024;
    private const int TextReach = 4096;

    private static readonly (int At, byte[] Magic, FileKind Kind)[] Magics =
    [
        (0, "MZ"u8.ToArray(), FileKind.WindowsProgram),
        (0, [0x7f, .. "ELF"u8], FileKind.Elf),
        (0, [0xfe, 0xed, 0xfa, 0xce], FileKind.MachO),
        (0, [0xfe, 0xed, 0xfa, 0xcf], FileKind.MachO),
        (0, [0xce, 0xfa, 0xed, 0xfe], FileKind.MachO),
        (0, [0xcf, 0xfa, 0xed, 0xfe], FileKind.MachO),
        (0, [0xca, 0xfe, 0xba, 0xbe], FileKind.Java),
        (0, [0x00, .. "asm"u8], FileKind.ByteCode),
        (0, "dex\n"u8.ToArray(), FileKind.ByteCode),
        (0, [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0], FileKind.Shortcut),
        (0, "#!"u8.ToArray(), FileKind.Script),
        (0, [0x89, .. "PNG\r\n"u8, 0x1a, 0x0a], FileKind.Png),
        (0, [0xff, 0xd8, 0xff], FileKind.Jpeg),
        (0, "GIF87a"u8.ToArray(), FileKind.Gif),
        (0, "GIF89a"u8.ToArray(), FileKind.Gif),
        (0, [.. "II*"u8, 0], FileKind.Tiff),
        (0, [.. "MM"u8, 0, .. "*"u8], FileKind.Tiff),
        (8, "WEBP"u8.ToArray(), FileKind.WebP),
        (0, "RIFF"u8.ToArray(), FileKind.Media),
        (4, "ftyp"u8.ToArray(), FileKind.Media),
        (0, [0x1a, 0x45, 0xdf, 0xa3], FileKind.Media),
        (0, "ID3"u8.ToArray(), FileKind.Media),
        (0, "OggS"u8.ToArray(), FileKind.Media),
        (0, "fLaC"u8.ToArray(), FileKind.Media),
        (0, "{\\rtf"u8.ToArray(), FileKind.Rtf),
        (0, [.. "PK"u8, 3, 4], FileKind.Zip),
        (0, [.. "PK"u8, 5, 6], FileKind.Zip),
        (0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], FileKind.CompoundFile),
        (0, [0x1f, 0x8b], FileKind.Gzip),
        (0, "BZh"u8.ToArray(), FileKind.Bzip2),
        (0, [0xfd, .. "7zXZ"u8, 0], FileKind.Xz),
        (0, [0x28, 0xb5, 0x2f, 0xfd], FileKind.Zstandard),
        (0, [.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c], FileKind.SevenZip),
        (0, [.. "Rar!"u8, 0x1a, 0x07], FileKind.Rar),
        (0, "MSCF"u8.ToArray(), FileKind.Cabinet),
        (257, "ustar"u8.ToArray(), FileKind.Tar),
        (32_769, "CD001"u8.ToArray(), FileKind.DiskImage),
        (0, "conectix"u8.ToArray(), FileKind.DiskImage),
        (0, "vhdxfile"u8.ToArray(), FileKind.DiskImage),
    ];

    /// <summary>Never throws for any octets.</summary>
    public static FileKind Identify(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty) return FileKind.Empty;
        foreach (var (at, magic, kind) in Magics)
        {
            if (file.Length > at && file[at..].StartsWith(magic) && !(IsWord(magic) && IsText(file))) return kind;
        }

        if (file[..Math.Min(file.Length, PdfReach)].IndexOf("%PDF-"u8) >= 0) return FileKind.Pdf;
        // "BM" begins words too: the length in the header is the file's.
        if (file.Length > 26 && file.StartsWith("BM"u8) && BitConverter.ToUInt32(file[2..6]) == file.Length) return FileKind.Bmp;
        return IdentifyText(file);
    }

    /// <summary>It is a program, or something that a machine runs like one.</summary>
    public static bool IsProgram(FileKind kind) =>
        kind is FileKind.WindowsProgram or FileKind.Elf or FileKind.MachO or FileKind.Java or FileKind.ByteCode or FileKind.Script or FileKind.Shortcut;

    private static FileKind IdentifyText(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) || file.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff])) return FileKind.Text;
        if (file.StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf])) file = file[3..];
        if (!IsText(file)) return FileKind.Unknown;
        var start = file.TrimStart(" \t\r\n\f"u8);
        if (start.StartsWith("#!"u8)) return FileKind.Script;
        if (start.StartsWith("<?xml"u8)) return IsHtml(start) ? FileKind.Html : FileKind.Xml;
        return start.StartsWith("<"u8) && IsHtml(start) ? FileKind.Html : FileKind.Text;
    }

    // Signs that may begin a sentence: MZ, RIFF, BZh. Of files of these kinds no more than the sign is text.
    private static bool IsWord(ReadOnlySpan<byte> magic) => magic.Length < 6 && !magic.ContainsAnyExceptInRange((byte)'0', (byte)'z');

    private static bool IsText(ReadOnlySpan<byte> file)
    {
        foreach (var octet in file)
        {
            if (octet is < 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f' or 0x1b)) return false;
        }

        return true;
    }

    // The first tags by which browsers take a file for a page.
    private static bool IsHtml(ReadOnlySpan<byte> text)
    {
        var head = Encoding.Latin1.GetString(text[..Math.Min(text.Length, TextReach)]);
        return head.Contains("<html", StringComparison.OrdinalIgnoreCase) || head.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || head.Contains("<script", StringComparison.OrdinalIgnoreCase) || head.Contains("<body", StringComparison.OrdinalIgnoreCase)
            || head.Contains("<iframe", StringComparison.OrdinalIgnoreCase) || head.Contains("<head", StringComparison.OrdinalIgnoreCase);
    }
}
