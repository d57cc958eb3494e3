using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Host.Api;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Mime;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Making;
using MilSwitch.Smtp.Server.Direct;

namespace MilSwitch.Host.Submission;

/// <summary>Asks for signed receipts (RFC 2634 §2) to a message that was handed in as values, by a signature of the node. Stateless and thread-safe.</summary>
/// <param name="protection">Signs.</param>
/// <param name="time">For the request.</param>
internal sealed class ReceiptAsking(IMessageProtection protection, TimeProvider time)
{
    private const int MostReceiptsTo = 16;
    private const int MostListed = 1_000;

    /// <summary>The request asks for signed receipts.</summary>
    public static bool IsAsked(SubmissionRequest request) => request.ReceiptsFrom is not null || request.ReceiptsTo is not null;

    /// <summary>Signs the message with the request in the signature.</summary>
    /// <param name="request">What was handed in.</param>
    /// <param name="message">Made of it.</param>
    /// <param name="current">Whose key signs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null: the key can't be used now.</returns>
    /// <exception cref="SubmissionRefusedException">It can't be asked so, or not here.</exception>
    public async Task<DirectMessage?> SignAsync(SubmissionRequest request, DirectMessage message, NodeConfiguration current, CancellationToken cancellationToken)
    {
        if (current.Admin.SubmissionSigning is not { } signing)
            throw new SubmissionRefusedException(request.ReceiptsFrom is null ? "receiptsTo" : "receiptsFrom", "KEY", "signed receipts are asked for by a signature, and admin.submission-sign names no key");
        var faults = new List<FieldFault>();
        var from = From(request.ReceiptsFrom, faults);
        var to = Addresses(request.ReceiptsTo ?? [message.From.Mailbox!.Text], "receiptsTo", faults);
        if (request.ReceiptsFrom is null) faults.Add(new FieldFault("receiptsFrom", 0, "MISSING", "who is asked is missing: all, first-tier or addresses"));
        if (to.Count is 0 or > MostReceiptsTo && faults.Count is 0) faults.Add(new FieldFault("receiptsTo", 0, "TOO-MANY", $"not 1 to {Text.Number(MostReceiptsTo)} addresses"));
        if (faults.Count > 0) throw new SubmissionRefusedException(faults);
        var asked = ReceiptRequests.New(current.Keys.Find(signing.Key) ?? default, time.GetUtcNow(), from, to).Encode();
        var facts = MessageFacts.Read(HeaderBlock.Scan(message.Content, int.MaxValue, int.MaxValue), []);
        var highest = current.Listeners.First(l => l.Name == current.Admin.Submission).HighestPrecedence;
        // The key works in the order of levels, and the message may not have the one that it asks for.
        var level = facts.PrimaryPrecedence is { } wanted && wanted <= highest ? wanted : Precedence.Routine;
        var settings = new DepartureProtection { Sign = signing with { ReceiptRequest = asked } };
        return await protection.ProtectAsync(message.Content, settings, [.. message.Recipients.Select(r => r.Address)], null, level, cancellationToken) switch
        {
            DepartureOutcome.Protected made => message with { Content = made.Content },
            DepartureOutcome.Impossible never => throw new SubmissionRefusedException("receiptsFrom", "KEY", never.Reason),
            _ => null,
        };
    }

    private static ReceiptsFrom From(IReadOnlyList<string>? words, List<FieldFault> faults)
    {
        switch (words)
        {
            case null or ["all"]:
                return ReceiptsFrom.All;
            case ["first-tier"]:
                return ReceiptsFrom.FirstTier;
            case { Count: 0 or > MostListed }:
                faults.Add(new FieldFault("receiptsFrom", 0, "TOO-MANY", $"not 1 to {Text.Number(MostListed)} addresses"));
                return ReceiptsFrom.All;
            default:
                return ReceiptsFrom.Listed([.. Addresses(words, "receiptsFrom", faults).Select(GeneralNames.OfAddress)]);
        }
    }

    // An rfc822Name is ASCII.
    private static List<string> Addresses(IReadOnlyList<string> given, string name, List<FieldFault> faults)
    {
        var found = new List<string>();
        for (var i = 0; i < given.Count; i++)
        {
            if (Mailbox.TryParse(given[i] ?? "", allowUtf8: false, out var mailbox, out _) && mailbox.Domain.Length > 0) found.Add(mailbox.Text);
            else faults.Add(new FieldFault($"{name}[{Text.Number(i)}]", 0, "ADDRESS", "no mail address with a domain, in ASCII"));
        }

        return found;
    }
}
