using System.Collections.Immutable;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>A directory that is asked over LDAPS. Immutable. Its text shows no secret.</summary>
public sealed record DirectorySettings
{
    /// <summary>Names it to operators.</summary>
    public required string Name { get; init; }

    /// <summary>One at least; asked in their order until one answers.</summary>
    public required ImmutableArray<LdapEndpoint> Servers { get; init; }

    /// <summary>Whom the servers' certificates must lead to; one at least. DER. The system's store is never asked.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> TlsAnchors { get; init; }

    /// <summary>Where the search begins: <c>ou=people,dc=example,dc=org</c>.</summary>
    public required string Base { get; init; }

    /// <summary>Who binds; empty: anonymous.</summary>
    public string BindName { get; init; } = "";

    /// <summary>The secret of a simple bind, read each time, so that it can change; never empty with a name (RFC 4513 §5.1.2). Null: anonymous.</summary>
    public Func<ReadOnlyMemory<byte>>? BindSecret { get; init; }

    /// <summary>Attributes that hold an entry's addresses; one to eight.</summary>
    public ImmutableArray<string> AddressAttributes { get; init; } = ["mail"];

    /// <summary>Attributes that hold certificates; one to eight.</summary>
    public ImmutableArray<string> CertificateAttributes { get; init; } = ["userCertificate;binary"];

    /// <summary>The entry of the authority that decrypts for the recipient's domain, or for one above it, is asked for as well (RFC 3183 §4.2, second way).</summary>
    public bool DomainEntries { get; init; } = true;

    /// <summary>For one server, everything included; 100 ms to 60 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A server of which nothing was heard is left alone for this long, whoever is asked for; 0 to 10 min.</summary>
    public TimeSpan PauseAfterSilence { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Entries that may match; more is a fault. 1 to 1000.</summary>
    public int MostEntries { get; init; } = 20;

    /// <summary>Octets of one answer; more is a fault. 4 KiB to 16 MiB.</summary>
    public int MostOctets { get; init; } = 1 << 20;

    /// <summary>Searches at once; others wait. 1 to 64.</summary>
    public int Connections { get; init; } = 4;

    public override string ToString() => $"{Name}: {string.Join(", ", Servers)}, {Base}";
}
