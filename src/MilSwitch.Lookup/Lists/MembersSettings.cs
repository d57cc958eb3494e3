using System.Collections.Immutable;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Lists;

/// <summary>Where a directory has the members of a mailing list. Immutable. Its text shows no secret.</summary>
public sealed record MembersSettings
{
    /// <summary>Members at most; more is a fault.</summary>
    public const int MostMembers = 100_000;

    /// <summary>Octets of an answer; more is a fault.</summary>
    public const int MostOctets = 16 << 20;

    /// <summary>Entries and stretches of values that are read one by one; more is a fault.</summary>
    public const int MostRequests = 10_000;

    /// <summary>Groups within groups; deeper is a fault.</summary>
    public const int MostDepth = 10;

    /// <summary>One at least; asked in their order until one answers.</summary>
    public required ImmutableArray<LdapEndpoint> Servers { get; init; }

    /// <summary>Whom the servers' certificates must lead to; one at least. DER. The system's store is never asked.</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> TlsAnchors { get; init; }

    /// <summary>The entry that has the addresses; with <see cref="Attribute"/> what they stand below.</summary>
    public required string Base { get; init; }

    /// <summary>Entries below <see cref="Base"/> count in which this attribute has <see cref="Value"/>; null: the entry alone.</summary>
    public string? Attribute { get; init; }

    /// <summary>As above.</summary>
    public string? Value { get; init; }

    /// <summary>The attribute that holds the addresses.</summary>
    public string Addresses { get; init; } = "mail";

    /// <summary>
    /// Attributes that name other entries (<c>member</c>, <c>uniqueMember</c>), up to four. An entry that has one is a group: those it names
    /// are read in its place, groups among them likewise. Empty: nobody is followed.
    /// </summary>
    public ImmutableArray<string> Follow { get; init; } = [];

    /// <summary>Who binds; empty: anonymous.</summary>
    public string BindName { get; init; } = "";

    /// <summary>The secret of a simple bind, read each time, so that it can change. Null: anonymous.</summary>
    public Func<ReadOnlyMemory<byte>>? BindSecret { get; init; }

    /// <summary>For one server, everything included; 100 ms to 60 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long an answer is as good as a new one; 0 to 1 day.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromMinutes(1);

    public override string ToString() => $"{string.Join(", ", Servers)}, {Base}";
}
