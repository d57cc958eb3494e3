namespace MilSwitch.Storage;

/// <summary>Why the store did not take a transaction.</summary>
public enum SpoolFault : byte
{
    /// <summary>No space on the volume.</summary>
    Full,

    /// <summary>Read-only, away, or failing writes.</summary>
    Unwritable,

    /// <summary>An fsync failed: what the kernel still holds can't be trusted any more.</summary>
    Broken,

    /// <summary>The part of the store that this operation needs is damaged; others may be sound.</summary>
    Damaged,

    /// <summary>The store went away during the commit: it may have happened.</summary>
    Undecided,
}

/// <summary>The store did not take a transaction: nothing of it was written, unless it is <see cref="SpoolFault.Undecided"/>.</summary>
public sealed class SpoolFaultException(SpoolFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public SpoolFault Fault { get; } = fault;
}
