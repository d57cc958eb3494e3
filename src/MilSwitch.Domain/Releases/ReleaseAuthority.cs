using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Releases;

/// <summary>An Authorizing User (RFC 7912 §3): a person, a role, or a group behind one address. Immutable.</summary>
/// <param name="Address">As it stands in certificates and in MMHS-Authorizing-Users.</param>
public sealed record ReleaseAuthority(Mailbox Address)
{
    /// <summary>Operators and accounts that may release in its name without a signature of their own.</summary>
    public ImmutableArray<string> Accounts { get; init; } = [];
}
