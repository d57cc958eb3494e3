using System.Collections.Immutable;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Lookup.Finding.Dns;
using MilSwitch.Lookup.Finding.Folders;
using MilSwitch.Lookup.Finding.Web;
using MilSwitch.Lookup.Status;

namespace MilSwitch.Host.Configuration;

/// <summary>How one security domain finds certificates of recipients: <c>domains[].certificates</c> of the file. Immutable.</summary>
/// <param name="Domain">The domain's name.</param>
/// <param name="Finder">How they are judged, and for how long answers are kept.</param>
/// <param name="Sources">In the order in which they are asked.</param>
/// <param name="Status">Where to learn who is revoked; null: nothing is fetched.</param>
public sealed record FindingConfiguration(string Domain, FinderSettings Finder, ImmutableArray<FindingSource> Sources, StatusSettings? Status);

/// <summary>One place where certificates are looked for. One case; immutable.</summary>
public abstract record FindingSource
{
    private FindingSource()
    {
    }

    public sealed record Folder(FolderSettings Settings) : FindingSource;

    public sealed record Directory(DirectorySettings Settings) : FindingSource;

    public sealed record Smimea(SmimeaSettings Settings) : FindingSource;

    public sealed record Https(HttpSettings Settings) : FindingSource;

    /// <summary>What came with mail.</summary>
    public sealed record Harvest : FindingSource;
}
