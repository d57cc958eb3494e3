namespace MilSwitch.Lookup.Finding.Folders;

/// <summary>A folder of certificate files of one security domain. Immutable.</summary>
public sealed record FolderSettings
{
    /// <summary>Names it to operators.</summary>
    public required string Name { get; init; }

    /// <summary>The folder; files in folders below it are not read.</summary>
    public required string Path { get; init; }

    /// <summary>How often it is looked at for changes; 1 s to 1 h.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Files that are read; more is a fault. 1 to 100,000.</summary>
    public int MostFiles { get; init; } = 10_000;

    /// <summary>Octets of one file; a larger one is passed over and named. 1 KiB to 64 MiB.</summary>
    public int MostFileOctets { get; init; } = 4 << 20;

    /// <summary>Octets of all files; more is a fault. 1 KiB to 1 GiB.</summary>
    public long MostOctets { get; init; } = 256L << 20;
}
