using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service.Zone;

/// <summary>What became of a zone. Immutable.</summary>
/// <param name="Records">How many were written.</param>
/// <param name="LeftOut">Recipients without a record, and why.</param>
/// <param name="RenewAt">When the zone should be written anew at the latest; null: there is no record.</param>
public sealed record SmimeaZoneResult(int Records, ImmutableArray<(Mailbox Recipient, ProxyAnswer Answer)> LeftOut, DateTimeOffset? RenewAt);
