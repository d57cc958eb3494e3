using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Checks.Attachments;

/// <summary>What a media type or the end of a file name says that a file is. Pure.</summary>
internal static class FileClaim
{
    private static readonly FileKind[] AnyText = [FileKind.Text, FileKind.Html, FileKind.Xml];

    private static readonly FrozenDictionary<string, ImmutableArray<FileKind>> Types = Table(
        ("application/pdf", [FileKind.Pdf]), ("image/png", [FileKind.Png]), ("image/jpeg", [FileKind.Jpeg]), ("image/jpg", [FileKind.Jpeg]), ("image/gif", [FileKind.Gif]),
        ("image/bmp", [FileKind.Bmp]), ("image/tiff", [FileKind.Tiff]), ("image/webp", [FileKind.WebP]), ("image/svg+xml", [FileKind.Xml, FileKind.Text]),
        ("application/zip", [FileKind.Zip, FileKind.OfficeOpenXml, FileKind.OpenDocument]), ("application/x-zip-compressed", [FileKind.Zip]), ("application/gzip", [FileKind.Gzip]), ("application/x-gzip", [FileKind.Gzip]),
        ("application/x-tar", [FileKind.Tar]), ("application/x-7z-compressed", [FileKind.SevenZip]), ("application/vnd.rar", [FileKind.Rar]),
        ("application/rtf", [FileKind.Rtf]), ("text/rtf", [FileKind.Rtf]), ("application/msword", [FileKind.CompoundFile, FileKind.Rtf]),
        ("application/vnd.ms-excel", [FileKind.CompoundFile]), ("application/vnd.ms-powerpoint", [FileKind.CompoundFile]), ("application/vnd.ms-outlook", [FileKind.CompoundFile]),
        ("application/xml", [FileKind.Xml, FileKind.Text]), ("text/xml", [FileKind.Xml, FileKind.Text]), ("application/json", [FileKind.Text]), ("text/html", [.. AnyText]));

    private static readonly FrozenDictionary<string, ImmutableArray<FileKind>> Endings = Table(
        ("pdf", [FileKind.Pdf]), ("png", [FileKind.Png]), ("jpg", [FileKind.Jpeg]), ("jpeg", [FileKind.Jpeg]), ("gif", [FileKind.Gif]), ("bmp", [FileKind.Bmp]),
        ("tif", [FileKind.Tiff]), ("tiff", [FileKind.Tiff]), ("webp", [FileKind.WebP]), ("svg", [FileKind.Xml, FileKind.Text]), ("zip", [FileKind.Zip, FileKind.OfficeOpenXml, FileKind.OpenDocument]),
        ("gz", [FileKind.Gzip]), ("tgz", [FileKind.Gzip]), ("tar", [FileKind.Tar]), ("bz2", [FileKind.Bzip2]), ("xz", [FileKind.Xz]), ("7z", [FileKind.SevenZip]), ("rar", [FileKind.Rar]), ("cab", [FileKind.Cabinet]),
        ("docx", [FileKind.OfficeOpenXml]), ("xlsx", [FileKind.OfficeOpenXml]), ("pptx", [FileKind.OfficeOpenXml]), ("docm", [FileKind.OfficeOpenXml]), ("xlsm", [FileKind.OfficeOpenXml]), ("pptm", [FileKind.OfficeOpenXml]),
        ("odt", [FileKind.OpenDocument]), ("ods", [FileKind.OpenDocument]), ("odp", [FileKind.OpenDocument]), ("odg", [FileKind.OpenDocument]),
        ("doc", [FileKind.CompoundFile, FileKind.Rtf]), ("xls", [FileKind.CompoundFile]), ("ppt", [FileKind.CompoundFile]), ("msg", [FileKind.CompoundFile]), ("rtf", [FileKind.Rtf]),
        ("txt", [.. AnyText, FileKind.Empty]), ("csv", [FileKind.Text, FileKind.Empty]), ("json", [FileKind.Text]), ("xml", [FileKind.Xml, FileKind.Text]), ("htm", [.. AnyText]), ("html", [.. AnyText]));

    // What Windows, a desktop or a browser runs when somebody opens it.
    private static readonly FrozenSet<string> Programs = FrozenSet.ToFrozenSet(
    [
        "exe", "dll", "sys", "com", "scr", "pif", "cpl", "ocx", "msi", "msp", "msix", "appx", "bat", "cmd", "ps1", "psm1", "psd1", "vbs", "vbe", "vb", "js", "jse", "mjs", "ws", "wsf", "wsh",
        "wsc", "sct", "hta", "lnk", "url", "scf", "inf", "reg", "jar", "jnlp", "class", "apk", "chm", "hlp", "iso", "img", "vhd", "vhdx", "xll", "xlam", "ppam", "application", "gadget",
        "settingcontent-ms", "library-ms", "search-ms", "diagcab", "desktop", "sh", "bash", "run", "py", "pyc", "pl", "rb", "php", "app", "command", "dmg", "pkg", "deb", "rpm", "appimage", "one",
    ], StringComparer.Ordinal);

    /// <summary>What a media type says; empty when it says nothing that can be held against it.</summary>
    public static ImmutableArray<FileKind> OfType(string mediaType)
    {
        if (Types.TryGetValue(mediaType, out var kinds)) return kinds;
        if (mediaType.StartsWith("text/", StringComparison.Ordinal)) return [.. AnyText, FileKind.Empty];
        if (mediaType.StartsWith("application/vnd.openxmlformats-officedocument.", StringComparison.Ordinal)) return [FileKind.OfficeOpenXml];
        if (mediaType.StartsWith("application/vnd.oasis.opendocument.", StringComparison.Ordinal)) return [FileKind.OpenDocument];
        if (mediaType.StartsWith("audio/", StringComparison.Ordinal) || mediaType.StartsWith("video/", StringComparison.Ordinal)) return [FileKind.Media, FileKind.Unknown];
        return mediaType.StartsWith("image/", StringComparison.Ordinal) ? [FileKind.Unknown, FileKind.Media] : [];
    }

    /// <summary>The same of the end of a file name.</summary>
    public static ImmutableArray<FileKind> OfName(string fileName) => Endings.GetValueOrDefault(Ending(fileName), []);

    /// <summary>Opening a file of that name runs it.</summary>
    public static bool IsProgramName(string fileName) => Programs.Contains(Ending(fileName));

    /// <summary>Opening a file of that name shows it as a page, with its scripts.</summary>
    public static bool IsPageName(string fileName) => Ending(fileName) is "htm" or "html" or "shtml" or "xht" or "xhtml" or "svg";

    /// <summary>The name does not show what it is, or leads out of the folder into which it is saved.</summary>
    public static bool IsTreacherous(string fileName) => fileName.Length > 255 || fileName.AsSpan().IndexOfAny("/\\:\0\u202a\u202b\u202d\u202e\u2066\u2067\u2068") >= 0
        || fileName.Any(c => char.IsControl(c)) || fileName.Contains("     ", StringComparison.Ordinal);

    // Windows leaves out dots and spaces at the end.
    private static string Ending(string fileName)
    {
        fileName = fileName.TrimEnd('.', ' ', '\u00a0');
        var dot = fileName.LastIndexOf('.');
        return dot < 0 ? "" : fileName[(dot + 1)..].ToLowerInvariant();
    }

    private static FrozenDictionary<string, ImmutableArray<FileKind>> Table(params (string Key, ImmutableArray<FileKind> Kinds)[] rows) =>
        rows.ToFrozenDictionary(r => r.Key, r => r.Kinds, StringComparer.Ordinal);
}
