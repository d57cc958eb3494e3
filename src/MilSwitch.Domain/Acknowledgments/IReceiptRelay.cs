using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>
/// Carries signed receipts across a gateway that signs anew, where the recipient's own can't be verified by the originator
/// (RFC 2634 §2), and judges those that pass by. Thread-safe. Never throws for what is in a message or for a key that is away.
/// </summary>
public interface IReceiptRelay
{
    /// <summary>What is to be kept of a message that asks for a receipt; null: it can't be answered, or nobody may hear of it.</summary>
    /// <param name="requested">As the boundary found it.</param>
    /// <param name="mayHear">May an address that the request names be sent a receipt? The originator's may; third parties' may not (threat S13).</param>
    ReceiptAsked? Read(RequestedReceipt requested, Func<string, bool> mayHear);

    /// <summary>
    /// What is to be kept of a message that goes on with its originator's signature as it is, so that receipts for it can be judged
    /// (RFC 2634 §2.2.2). Whether that signature holds is not judged: that is for those who are asked.
    /// </summary>
    /// <param name="sent">The whole message.</param>
    /// <param name="keys">Names of keys that open it on its way.</param>
    /// <param name="precedence">Of the work with keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: it asks nobody who can be told by an address, not with one voice, or not where it can be seen here.</returns>
    ValueTask<ReceiptAsked?> ReadAsync(ReadOnlyMemory<byte> sent, ImmutableArray<string> keys, Precedence precedence, CancellationToken cancellationToken);

    /// <summary>The signedContentIdentifier of a message that is a signed receipt and nothing else, as it claims; empty: it is none that can be read. Nothing is verified.</summary>
    /// <param name="receipt">The whole message.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ReadOnlyMemory<byte>> IdentifierAsync(ReadOnlyMemory<byte> receipt, CancellationToken cancellationToken);

    /// <summary>The value of the receiptRequest attribute for the copy's new signature, DER.</summary>
    /// <param name="tag">The copy's <see cref="Reports.EnvelopeTag"/>, which becomes its signedContentIdentifier: so a receipt leads back to the copy.</param>
    /// <param name="gateway">Address to which receipts come.</param>
    /// <param name="asked">Who is asked is who was asked.</param>
    ReadOnlyMemory<byte> Request(string tag, string gateway, ReceiptAsked asked);

    /// <summary>The tag of the copy that a message is a receipt for, as it claims.</summary>
    /// <param name="receipt">The whole message.</param>
    /// <param name="opening">Keys of the domain it comes to.</param>
    /// <param name="precedence">Of the work with keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ClaimedReceipt> TagAsync(ReadOnlyMemory<byte> receipt, BoundaryOpening opening, Precedence precedence, CancellationToken cancellationToken);

    /// <summary>
    /// Compares a receipt with what was sent: a recipient's own, or one that a gateway beyond relays (RFC 2634 §2), as far as the
    /// settings let its domain speak for the recipient.
    /// </summary>
    /// <param name="receipt">The whole message.</param>
    /// <param name="asked">What was kept.</param>
    /// <param name="opening">Keys and trust of the domain it comes from.</param>
    /// <param name="recipients">Addresses that the copy went to: no receipt of or about anybody else counts.</param>
    /// <param name="precedence">Of the work with keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ReceiptJudgement> JudgeAsync(
        ReadOnlyMemory<byte> receipt, ReceiptAsked asked, BoundaryOpening opening, IReadOnlyCollection<string> recipients, Precedence precedence, CancellationToken cancellationToken);

    /// <summary>Makes the originator's receipt: a whole message, with the grade in its text and under its signature.</summary>
    /// <param name="asked">What was kept.</param>
    /// <param name="grade">No more than is known.</param>
    /// <param name="downstream">A good one for <see cref="AcknowledgmentGrade.RecipientVerified"/>; null for the others.</param>
    /// <param name="settings">Who answers.</param>
    /// <param name="precedence">Of the work with keys.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The grade and the receipt do not go together.</exception>
    ValueTask<DepartureOutcome> MakeAsync(
        ReceiptAsked asked, AcknowledgmentGrade grade, ReceiptJudgement? downstream, RelayedReceiptSettings settings, Precedence precedence, CancellationToken cancellationToken);
}
