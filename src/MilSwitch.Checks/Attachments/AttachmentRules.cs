using System.Collections.Immutable;
using MilSwitch.Checks.Parts;

namespace MilSwitch.Checks.Attachments;

/// <summary>Which files may be attached and how far archives are opened. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>.</summary>
public sealed record AttachmentRules
{
    public ReadingRules Reading { get; init; } = new();

    /// <summary>Kinds that are Blocked, in archives too. Default: everything that a machine runs.</summary>
    public ImmutableHashSet<FileKind> Blocked { get; init; } =
        [FileKind.WindowsProgram, FileKind.Elf, FileKind.MachO, FileKind.Java, FileKind.ByteCode, FileKind.Script, FileKind.Shortcut];

    /// <summary>Kinds that are Suspicious, in archives too. Default: what can't be looked into, and files of no known kind.</summary>
    public ImmutableHashSet<FileKind> Held { get; init; } =
        [FileKind.Unknown, FileKind.Tar, FileKind.Bzip2, FileKind.Xz, FileKind.Zstandard, FileKind.SevenZip, FileKind.Rar, FileKind.Cabinet, FileKind.DiskImage];

    /// <summary>Documents with macros, scripts or other active content are Suspicious. Default true.</summary>
    public bool HoldsActiveContent { get; init; } = true;

    /// <summary>Archives inside each other that are opened, 0 to 10; what lies deeper is Blocked. Default 3.</summary>
    public int ArchiveDepth { get; init => field = Bounds.Within(value, 0, 10); } = 3;

    /// <summary>Entries of all archives together, 1 to 100,000; more are Blocked. Default 10,000.</summary>
    public int Entries { get; init => field = Bounds.Within(value, 1, 100_000); } = 10_000;

    /// <summary>Octets to which all archives together may open, 1 to 2 GiB; more are Blocked. Default 200 MiB.</summary>
    public long OpenedOctets { get; init => field = Bounds.Within(value, 1L, 2L << 30); } = 200L << 20;

    /// <summary>Octets of one entry, opened, 1 to 1 GiB; more are Blocked. Default 100 MiB.</summary>
    public int LargestEntry { get; init => field = Bounds.Within(value, 1, 1 << 30); } = 100 << 20;

    /// <summary>How many times as large as it is packed an entry of more than 1 MiB may become, 10 to 10,000; beyond is Blocked. Default 200.</summary>
    public int Ratio { get; init => field = Bounds.Within(value, 10, 10_000); } = 200;
}
