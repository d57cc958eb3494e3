namespace MilSwitch.Smime.Ess;

/// <summary>What a mailing list says about receipts (RFC 2634 §4.4).</summary>
public enum MlReceiptPolicy : byte
{
    /// <summary>It says nothing: the originator's request counts.</summary>
    Absent,

    /// <summary>No receipt, whatever the originator asked for.</summary>
    None,

    /// <summary>Receipts go to the list's entities instead of the originator's.</summary>
    InsteadOf,

    /// <summary>Receipts go to the list's entities too.</summary>
    InAdditionTo,
}
