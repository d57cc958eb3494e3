namespace MilSwitch.Domain.Delivery;

/// <summary>Where one recipient's copy stands. Values are stored: never renumber.</summary>
public enum RecipientState : byte
{
    /// <summary>To be sent when its time and a connection have come.</summary>
    Queued = 0,

    /// <summary>Committed as about to be sent: after a crash it may have been sent already.</summary>
    Armed = 1,

    /// <summary>Kept by a person or a rule until somebody acts.</summary>
    Held = 2,

    /// <summary>Kept like <see cref="Held"/>, and may have been sent before: released it is <see cref="Armed"/> again.</summary>
    HeldSuspect = 3,

    /// <summary>The next hop answered 250 and is responsible now.</summary>
    Delivered = 10,

    /// <summary>Refused for good; a report was made where one was due.</summary>
    Failed = 11,

    /// <summary>Not delivered in time; a report was made where one was due.</summary>
    Expired = 12,

    /// <summary>An operator returned it to the originator.</summary>
    Returned = 13,

    /// <summary>The same message was accepted for this recipient before.</summary>
    Duplicate = 14,

    /// <summary>An operator deleted it; no report.</summary>
    Deleted = 15,

    /// <summary>A boundary released a copy into the recipient's security domain: that copy has a life of its own.</summary>
    Crossed = 16,

    /// <summary>A person corrected the message: another one, made from it, took its place for this recipient.</summary>
    Corrected = 17,

    /// <summary>It was that of a mailing list or a profiler: copies went to those behind it.</summary>
    Expanded = 18,
}

public static class RecipientStateExtensions
{
    /// <summary>Nothing more will happen by itself.</summary>
    public static bool IsFinal(this RecipientState state) => state >= RecipientState.Delivered;

    /// <summary>Another message took its place for this recipient.</summary>
    public static bool IsReplaced(this RecipientState state) => state is RecipientState.Crossed or RecipientState.Corrected;

    /// <summary>Somebody must act before anything happens.</summary>
    public static bool IsHeld(this RecipientState state) => state is RecipientState.Held or RecipientState.HeldSuspect;

    /// <summary>It may have been sent before, and stays marked until it is delivered.</summary>
    public static bool IsSuspect(this RecipientState state) => state is RecipientState.Armed or RecipientState.HeldSuspect;
}

/// <summary>Where a message as a whole stands. Values are stored: never renumber; below 4 is pending.</summary>
public enum MessageState : byte
{
    /// <summary>At least one recipient is queued or armed.</summary>
    Queued = 0,

    /// <summary>At least one recipient is held and none is queued.</summary>
    Held = 1,

    /// <summary>Deleted by an operator; recoverable until the bin is emptied.</summary>
    Binned = 3,

    /// <summary>Every recipient is final; the content is gone or kept for the audit period.</summary>
    Done = 4,
}
