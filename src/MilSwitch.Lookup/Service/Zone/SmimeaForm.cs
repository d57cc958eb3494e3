namespace MilSwitch.Lookup.Service.Zone;

/// <summary>How SMIMEA records are written.</summary>
public enum SmimeaForm : byte
{
    /// <summary>A zone (RFC 1035 §5) with <c>SMIMEA 3 0 0</c>.</summary>
    Zone = 0,

    /// <summary>A zone with <c>TYPE53 \#</c> (RFC 3597 §5), for servers that do not know the type by its name.</summary>
    GenericZone = 1,

    /// <summary><c>local-data:</c> of unbound's configuration, in the generic form.</summary>
    LocalData = 2,
}
