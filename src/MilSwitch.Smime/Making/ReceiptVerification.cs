using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Making;

/// <summary>What a receipt comes to. Whether the certificate is that of somebody who was asked is the caller's to judge. Immutable.</summary>
/// <param name="Reasons">In the order in which they were found; empty: it is a good receipt for the message.</param>
/// <param name="Receipt">Null: there is none that can be read.</param>
/// <param name="Signers">Of the receipt, each judged.</param>
public sealed record ReceiptVerification(IReadOnlyList<Reason> Reasons, Receipt? Receipt, IReadOnlyList<SignerJudgement> Signers)
{
    /// <summary>The signed receipt itself, out of all that was around it; empty: there is none that can be read.</summary>
    public ReadOnlyMemory<byte> Octets { get; init; }

    public bool IsGood => Reasons.Count is 0 && Receipt is not null;
}
