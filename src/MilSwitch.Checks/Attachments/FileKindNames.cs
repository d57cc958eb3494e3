namespace MilSwitch.Checks.Attachments;

/// <summary>Kinds of files in words, as configuration and findings have them.</summary>
public static class FileKindNames
{
    /// <summary>Lower case, with hyphens: <c>windows-program</c>.</summary>
    public static string Of(FileKind kind) => kind switch
    {
        FileKind.WebP => "webp",
        FileKind.MachO => "mach-o",
        FileKind.OfficeOpenXml => "office-open-xml",
        FileKind.OpenDocument => "open-document",
        FileKind.CompoundFile => "compound-file",
        FileKind.SevenZip => "7z",
        FileKind.DiskImage => "disk-image",
        FileKind.WindowsProgram => "windows-program",
        FileKind.ByteCode => "byte-code",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>The reverse.</summary>
    public static bool TryParse(string name, out FileKind kind)
    {
        foreach (var each in Enum.GetValues<FileKind>())
        {
            kind = each;
            if (Of(each) == name) return true;
        }

        kind = default;
        return false;
    }
}
