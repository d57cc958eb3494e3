namespace MilSwitch.Host.Api;

/// <summary>Which zone is wanted.</summary>
/// <param name="Origin">Name of the zone: the foreign domain.</param>
/// <param name="NameServer">Its first name server; needed but for local-data.</param>
/// <param name="HostMaster">In the form of a name; hostmaster below the origin when absent.</param>
/// <param name="Form">zone (when absent), generic (TYPE53, RFC 3597) or local-data (unbound).</param>
/// <param name="TimeToLive">How long answers may be kept, 1m to 1d; 1h when absent.</param>
/// <param name="Recipients">Addresses, at most 10,000.</param>
public sealed record SmimeaZoneRequest(string? Origin, string? NameServer, string? HostMaster, string? Form, string? TimeToLive, IReadOnlyList<string?>? Recipients);

/// <summary>A zone.</summary>
/// <param name="Zone">Its text.</param>
/// <param name="Records">SMIMEA records in it.</param>
/// <param name="LeftOut">Recipients without a record.</param>
/// <param name="RenewAt">When it should be written anew at the latest; null: it has no record.</param>
public sealed record SmimeaZoneView(string Zone, int Records, IReadOnlyList<LeftOutView> LeftOut, DateTimeOffset? RenewAt);

/// <summary>A recipient without a record.</summary>
/// <param name="Recipient">The address.</param>
/// <param name="Reason">Why.</param>
public sealed record LeftOutView(string Recipient, string Reason);
