using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Lists;

/// <summary>An address behind which others stand: a mailing list with an agent (RFC 2634 §4), or an address indicating group. Immutable.</summary>
public sealed record MailingList : Distributor
{
    /// <summary>Members to whom one copy is addressed, where each copy is encrypted; what the work on one copy takes does not grow with the list.</summary>
    public const int MembersPerCopy = 100;

    /// <summary>Lists that a message goes through at most, as many as a history has room for (RFC 2634 §4.4).</summary>
    public const int MostInHistory = 64;

    private readonly ImmutableArray<Mailbox> members = [];

    /// <summary>Each once, in the order of their canonical texts.</summary>
    public required ImmutableArray<Mailbox> Members
    {
        get => members;
        init => members = [.. value.Distinct().OrderBy(m => m.Text, StringComparer.Ordinal)];
    }

    /// <summary>A directory knows further members, who are added each time a message comes (<see cref="With"/>).</summary>
    public bool AsksDirectory { get; init; }

    /// <summary>Who may write to it; null: everybody.</summary>
    public MailboxSet? Posters { get; init; }

    /// <summary>Those whom a directory names may, too.</summary>
    public bool MembersMayPost { get; init; }

    /// <summary>Which members these are: the beginning of the SHA-256 of their canonical texts in their order, in hexadecimal. Equal when they are.</summary>
    public string Version => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Members.Select(m => m.Text)))).AsSpan(0, 8));

    /// <summary>With the members that a directory named.</summary>
    public MailingList With(ImmutableArray<Mailbox> known) => this with { Members = Members.AddRange(known) };

    public ListProof Proof { get; init; }

    /// <summary>How protection is taken off; null: it stays, and the list sees only what is outside of it.</summary>
    public BoundaryOpening? Opening { get; init; }

    /// <summary>The agent's signature; null: it makes none.</summary>
    public ListExpansion? Expansion { get; init; }

    /// <summary>Each copy is encrypted for its members; null: in clear, and what came encrypted is held.</summary>
    public DepartureEncryption? Encrypt { get; init; }

    /// <summary>A copy is made anew for every <see cref="MembersPerCopy"/> members; else one copy serves all.</summary>
    public bool IsMadeForMembers => Encrypt is { ToAll: false };

    public override string Source => Messages.Origin.List + Address.Text;

    public override string Description => AsksDirectory ? "mailing list, members from a directory" : string.Create(CultureInfo.InvariantCulture, $"mailing list, {Members.Length} members");

    public override bool Opens => Opening is not null;

    public override bool Remakes => this is not { Expansion: null, Encrypt: null };
}
