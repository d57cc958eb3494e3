using System.Collections.Immutable;
using System.Globalization;
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

    /// <summary>Who may write to it; null: everybody.</summary>
    public MailboxSet? Posters { get; init; }

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

    public override string Description => string.Create(CultureInfo.InvariantCulture, $"mailing list, {Members.Length} members");

    public override bool Opens => Opening is not null;

    public override bool Remakes => this is not { Expansion: null, Encrypt: null };
}
