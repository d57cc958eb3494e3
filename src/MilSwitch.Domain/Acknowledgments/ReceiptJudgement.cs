namespace MilSwitch.Domain.Acknowledgments;

/// <summary>What a receipt for a copy comes to. Immutable.</summary>
/// <param name="State">In a word.</param>
/// <param name="Reason">For the trail; empty when it is good.</param>
/// <param name="Recipient">The address, out of those that the copy went to, whose receipt it is; empty unless it is good.</param>
/// <param name="Octets">The signed receipt itself, DER or BER; empty unless it is good.</param>
public sealed record ReceiptJudgement(ReceiptState State, string Reason, string Recipient, ReadOnlyMemory<byte> Octets);

public enum ReceiptState : byte
{
    /// <summary>It is no receipt for the copy, or not to be believed.</summary>
    Bad = 0,

    Good = 1,

    /// <summary>A key can't be used now: trying later may help.</summary>
    Unavailable = 2,
}
