namespace MilSwitch.Lookup.Service.Zone;

/// <summary>How a zone with SMIMEA records is written. Immutable.</summary>
public sealed record SmimeaZoneSettings
{
    /// <summary>Name of the zone, lower case, without a final dot.</summary>
    public required string Origin { get; init; }

    /// <summary>The first name server, without a final dot.</summary>
    public required string NameServer { get; init; }

    /// <summary>Of the zone, in the form of a name: <c>hostmaster.north.example</c>.</summary>
    public required string HostMaster { get; init; }

    public SmimeaForm Form { get; init; }

    /// <summary>For how long answers are kept at most, 1 minute to 1 day. Never beyond half of what is left of a certificate.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);
}
