namespace MilSwitch.Domain.Tracking;

/// <summary>RFC 3886 §3.3.3.</summary>
public enum TrackingAction : byte
{
    Failed,

    /// <summary>It is here and waits.</summary>
    Delayed,

    Delivered,

    /// <summary>Copies went to several others, of whom nothing is told.</summary>
    Expanded,

    /// <summary>Handed on to where nobody can be asked.</summary>
    Relayed,

    /// <summary>Handed on to a host that can be asked.</summary>
    Transferred,

    /// <summary>Nothing is said about it.</summary>
    Opaque,
}
