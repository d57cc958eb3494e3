using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Tests;

/// <summary>Stands in for the format of receipts: a request is its tag, and a receipt is a text that ends in a tag and the word good. Thread-safe.</summary>
internal sealed class FakeReceipts : IReceiptRelay
{
    private volatile bool isAway;

    /// <summary>The key that signs answers is away.</summary>
    public bool IsAway { get => isAway; set => isAway = value; }

    /// <summary>Octets that every answer has in addition.</summary>
    public int Padding { get; init; }

    public ReceiptAsked? Read(RequestedReceipt requested, Func<string, bool> mayHear) => requested.To.FirstOrDefault(mayHear) is { } to
        ? new ReceiptAsked("1.2.840.113549.1.7.1", requested.ContentIdentifier, new byte[] { 1, 2 }, new byte[] { 3, 4 }, to)
        : null;

    public ReadOnlyMemory<byte> Request(string tag, string gateway, ReceiptAsked asked) => Encoding.ASCII.GetBytes(tag);

    public ValueTask<ClaimedReceipt> TagAsync(ReadOnlyMemory<byte> receipt, BoundaryOpening opening, Precedence precedence, CancellationToken cancellationToken) =>
        new(Words(receipt) is [.., var tag, _] ? new ClaimedReceipt(ReceiptState.Good, tag, "") : new ClaimedReceipt(ReceiptState.Bad, "", "it is none"));

    public ValueTask<ReceiptJudgement> JudgeAsync(
        ReadOnlyMemory<byte> receipt, ReceiptAsked asked, BoundaryOpening opening, IReadOnlyCollection<string> recipients, Precedence precedence, CancellationToken cancellationToken) =>
        new(Words(receipt)[^1] is "good" ? new ReceiptJudgement(ReceiptState.Good, "", recipients.First(), new byte[] { 9 }) : new ReceiptJudgement(ReceiptState.Bad, "SIGNER-MISMATCH", "", default));

    public ValueTask<DepartureOutcome> MakeAsync(
        ReceiptAsked asked, AcknowledgmentGrade grade, ReceiptJudgement? downstream, RelayedReceiptSettings settings, Precedence precedence, CancellationToken cancellationToken) =>
        new(IsAway
            ? new DepartureOutcome.Unavailable("the key is away")
            : new DepartureOutcome.Protected(
                Encoding.ASCII.GetBytes($"From: <{settings.From}>\r\nSubject: Receipt: {grade.Keyword()}\r\nMessage-ID: <{Guid.NewGuid():N}@red.test>\r\n\r\n{settings.Recipient} {settings.InReplyTo}\r\n{string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", Padding / 100))}"),
                [new ProtectionNote(AuditKind.Signed, grade.Keyword())]));

    private static string[] Words(ReadOnlyMemory<byte> receipt) => Encoding.ASCII.GetString(receipt.Span).Split(["\r\n", " "], StringSplitOptions.RemoveEmptyEntries);
}
