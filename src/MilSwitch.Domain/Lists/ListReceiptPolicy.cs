namespace MilSwitch.Domain.Lists;

/// <summary>What a mailing list says about signed receipts (RFC 2634 §4.4, <c>MLReceiptPolicy</c>).</summary>
public enum ListReceiptPolicy : byte
{
    /// <summary>Nothing: the originator's request counts.</summary>
    Absent = 0,

    /// <summary>Members send none.</summary>
    None = 1,

    /// <summary>They send them to the list's addresses instead of the originator's.</summary>
    InsteadOf = 2,

    /// <summary>They send them to both.</summary>
    InAdditionTo = 3,
}
