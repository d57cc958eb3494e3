namespace MilSwitch.Domain.Boundaries;

/// <summary>What an originator wishes about decryption at the boundary.</summary>
public enum BoundaryWish : byte
{
    /// <summary>It may be decrypted there.</summary>
    Allow = 1,

    /// <summary>It must not be: what is encrypted to the gateway is not sent on.</summary>
    Deny = 2,

    /// <summary>It may be, and the originator is told.</summary>
    Notify = 3,
}
