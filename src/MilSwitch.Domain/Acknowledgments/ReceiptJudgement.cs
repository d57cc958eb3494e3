namespace MilSwitch.Domain.Acknowledgments;

/// <summary>What a receipt for a copy comes to. Immutable.</summary>
/// <param name="State">In a word.</param>
/// <param name="Reason">For the trail; empty when it is good.</param>
/// <param name="Recipient">The address, out of those that the copy went to, whose receipt it is; empty unless it is good.</param>
/// <param name="Octets">The signed receipt itself, DER or BER; empty unless it is good.</param>
public sealed record ReceiptJudgement(ReceiptState State, string Reason, string Recipient, ReadOnlyMemory<byte> Octets)
{
    /// <summary>What it proves: the recipient's own that the recipient signed, a gateway's what that gateway signed.</summary>
    public AcknowledgmentGrade Grade { get; init; } = AcknowledgmentGrade.RecipientVerified;

    /// <summary>Address of the gateway beyond whose word it is, and which may speak for the recipient; empty: the recipient's own.</summary>
    public string Gateway { get; init; } = "";
}

/// <summary>The copy that something says it is a receipt for.</summary>
/// <param name="State">Good: it names one, and nothing is verified yet.</param>
/// <param name="Tag">The identifier as it stands there; empty unless it names one.</param>
/// <param name="Reason">For the trail; empty when it names one.</param>
public readonly record struct ClaimedReceipt(ReceiptState State, string Tag, string Reason);

public enum ReceiptState : byte
{
    /// <summary>It is no receipt for the copy, or not to be believed.</summary>
    Bad = 0,

    Good = 1,

    /// <summary>A key can't be used now: trying later may help.</summary>
    Unavailable = 2,
}
