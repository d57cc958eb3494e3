using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Tests;

/// <summary>
/// Stands in for the format of receipts: a request is its tag, and a receipt is a text that ends in a tag and the word good, or the
/// address of who signed it well. A message asks with a last line "asks TAG", or "asks TAG ADDRESS". Thread-safe.
/// </summary>
internal sealed class FakeReceipts : IReceiptRelay
{
    private volatile bool isAway;
    private int looked;

    /// <summary>Messages that were looked into for a request.</summary>
    public int Looked => Volatile.Read(ref looked);

    /// <summary>The key that signs answers is away.</summary>
    public bool IsAway { get => isAway; set => isAway = value; }

    /// <summary>Octets that every answer has in addition.</summary>
    public int Padding { get; init; }

    public ReceiptAsked? Read(RequestedReceipt requested, Func<string, bool> mayHear) => requested.To.FirstOrDefault(mayHear) is { } to
        ? new ReceiptAsked("1.2.840.113549.1.7.1", requested.ContentIdentifier, new byte[] { 1, 2 }, new byte[] { 3, 4 }, to)
        : null;

    public ValueTask<ReceiptAsked?> ReadAsync(ReadOnlyMemory<byte> sent, ImmutableArray<string> keys, Precedence precedence, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref looked);
        var words = Words(sent);
        var at = Array.LastIndexOf(words, "asks");
        return new(at < 0 ? null : new ReceiptAsked("1.2.840.113549.1.7.1", Encoding.ASCII.GetBytes(words[at + 1]), default, default, "a@origin.test") { From = [.. words[(at + 2)..]] });
    }

    public ValueTask<ReadOnlyMemory<byte>> IdentifierAsync(ReadOnlyMemory<byte> receipt, CancellationToken cancellationToken) =>
        new(Words(receipt) is [.., var tag, not "garbage"] ? Encoding.ASCII.GetBytes(tag) : default(ReadOnlyMemory<byte>));

    public ReadOnlyMemory<byte> Request(string tag, string gateway, ReceiptAsked asked) => Encoding.ASCII.GetBytes(tag);

    public ValueTask<ClaimedReceipt> TagAsync(ReadOnlyMemory<byte> receipt, BoundaryOpening opening, Precedence precedence, CancellationToken cancellationToken) =>
        new(Words(receipt) is [.., var tag, _] ? new ClaimedReceipt(ReceiptState.Good, tag, "") : new ClaimedReceipt(ReceiptState.Bad, "", "it is none"));

    public ValueTask<ReceiptJudgement> JudgeAsync(
        ReadOnlyMemory<byte> receipt, ReceiptAsked asked, BoundaryOpening opening, IReadOnlyCollection<string> recipients, Precedence precedence, CancellationToken cancellationToken) =>
        new(Words(receipt)[^1] switch
        {
            "good" => new ReceiptJudgement(ReceiptState.Good, "", recipients.First(), new byte[] { 9 }),
            "away" => new ReceiptJudgement(ReceiptState.Unavailable, "the key is away", "", default),
            "forged" => new ReceiptJudgement(ReceiptState.Bad, "SIGNATURE-INVALID", "", default),
            var who when recipients.Contains(who) => new ReceiptJudgement(ReceiptState.Good, "", who, new byte[] { 9 }),
            _ => new ReceiptJudgement(ReceiptState.Bad, "SIGNER-MISMATCH", "", default),
        });

    public ValueTask<DepartureOutcome> MakeAsync(
        ReceiptAsked asked, AcknowledgmentGrade grade, ReceiptJudgement? downstream, RelayedReceiptSettings settings, Precedence precedence, CancellationToken cancellationToken) =>
        new(IsAway
            ? new DepartureOutcome.Unavailable("the key is away")
            : new DepartureOutcome.Protected(
                Encoding.ASCII.GetBytes($"From: <{settings.From}>\r\nSubject: Receipt: {grade.Keyword()}\r\nMessage-ID: <{Guid.NewGuid():N}@red.test>\r\n\r\n{settings.Recipient} {settings.InReplyTo}\r\n{string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", Padding / 100))}"),
                [new ProtectionNote(AuditKind.Signed, grade.Keyword())]));

    private static string[] Words(ReadOnlyMemory<byte> receipt) => Encoding.ASCII.GetString(receipt.Span).Split(["\r\n", " "], StringSplitOptions.RemoveEmptyEntries);
}
