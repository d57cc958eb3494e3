using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Lists;

namespace MilSwitch.Host.Configuration;

/// <summary>Where a mailing list's members are looked for: <c>lists[].directory</c> of the file. Immutable.</summary>
/// <param name="Domain">The list's security domain; null: there are no domains.</param>
/// <param name="Address">The list's.</param>
/// <param name="Settings">Whom to ask, and what.</param>
public sealed record ListDirectory(string? Domain, Mailbox Address, MembersSettings Settings);
