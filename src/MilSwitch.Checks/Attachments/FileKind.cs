namespace MilSwitch.Checks.Attachments;

/// <summary>What a file is by its content.</summary>
public enum FileKind : byte
{
    /// <summary>None of those below.</summary>
    Unknown,

    /// <summary>No octets at all.</summary>
    Empty,

    /// <summary>Text without a sign of anything else.</summary>
    Text,
    Html,
    Xml,
    Rtf,
    Pdf,
    Png,
    Jpeg,
    Gif,
    Bmp,
    Tiff,
    WebP,

    /// <summary>Sound or film in RIFF, ISO base media, Matroska, MP3, Ogg or FLAC.</summary>
    Media,

    /// <summary>A ZIP archive that is none of the documents below.</summary>
    Zip,

    /// <summary>Word, Excel or PowerPoint since 2007 (ECMA-376).</summary>
    OfficeOpenXml,

    /// <summary>OpenDocument (ISO 26300).</summary>
    OpenDocument,

    /// <summary>Word, Excel, PowerPoint, Outlook before 2007 and whatever else is kept in a compound file.</summary>
    CompoundFile,
    Gzip,
    Tar,
    Bzip2,
    Xz,
    Zstandard,
    SevenZip,
    Rar,
    Cabinet,

    /// <summary>A file system: ISO 9660, virtual disks.</summary>
    DiskImage,

    /// <summary>MZ: EXE, DLL, SYS, COM.</summary>
    WindowsProgram,
    Elf,
    MachO,

    /// <summary>A Java archive or class.</summary>
    Java,

    /// <summary>WebAssembly, Dalvik and other code for a machine that does not exist.</summary>
    ByteCode,

    /// <summary>A text that begins with #!.</summary>
    Script,

    /// <summary>A Windows shortcut.</summary>
    Shortcut,
}
