using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>What a believed report says about the recipients of a message that was sent. Pure.</summary>
public static class ReportMatch
{
    /// <summary>The recipients it is about, each once; whoever the message was not for is left out.</summary>
    /// <param name="report">Well formed and believed.</param>
    /// <param name="sent">The envelope of the message, or of the original of the copy that was sent.</param>
    public static ImmutableArray<MatchedRecipient> Of(ReceivedReport report, Envelope sent)
    {
        var matched = ImmutableArray.CreateBuilder<MatchedRecipient>();
        var isOne = report.Recipients.Length is 1 && sent.Recipients.Length is 1;
        var seen = new HashSet<int>();
        foreach (var recipient in report.Recipients)
        {
            // Of a single recipient the address may be another by now: it was forwarded.
            var index = Find(sent, recipient.OriginalRecipient) ?? Find(sent, recipient.FinalRecipient) ?? (isOne ? 0 : null);
            if (index is { } found && recipient is { Action: { } action, Status: { } status } && seen.Add(found)) matched.Add(new MatchedRecipient(found, action, status));
        }

        return matched.ToImmutable();
    }

    /// <summary>The one a notification is about; null: the message was not for it.</summary>
    public static int? Of(ReceivedDisposition notification, Envelope sent) =>
        Find(sent, notification.OriginalRecipient) ?? Find(sent, notification.FinalRecipient) ?? (sent.Recipients.Length is 1 ? 0 : null);

    /// <summary>A notification of our own that says the same, in the originator's words for who it is about; null: the message was not for that recipient.</summary>
    /// <param name="notification">Well formed and believed.</param>
    /// <param name="original">The originator's envelope.</param>
    public static BoundaryReport? Anew(ReceivedDisposition notification, Envelope original) => Of(notification, original) is { } index
        ? new BoundaryReport(ReportKind.Disposition, "")
        {
            Disposition = notification with { FinalRecipient = original.Recipients[index].Address.Text, OriginalRecipient = null, OriginalMessageId = null },
        }
        : null;

    /// <summary>The reports of our own that say the same to the originator: as it asked for, with facts only (RFC 3461 §4.1).</summary>
    /// <param name="matched">By the recipients of <paramref name="original"/>.</param>
    /// <param name="original">The originator's envelope.</param>
    public static ImmutableArray<ReportDue> Due(ImmutableArray<MatchedRecipient> matched, Envelope original) =>
    [
        .. matched.Where(m => ReportPolicy.IsDue(original.ReversePath, original.Recipients[m.Index].Notify, m.Action)).GroupBy(m => m.Action)
            .Select(g => new ReportDue(g.Key, [.. g.Select(m => new ReportedOutcome(m.Index, Answer(m), null, null))])),
    ];

    // Its class makes the digits count; the text is ours.
    private static Reply Answer(MatchedRecipient matched) =>
        new((matched.Status.Class * 100) + 50, matched.Status, matched.Action is ReportAction.Failed ? "not delivered, as the recipient's domain reports" : "as the recipient's domain reports");

    private static int? Find(Envelope sent, string? address)
    {
        if (address is null || !Mailbox.TryParse(address, allowUtf8: true, out var mailbox, out _)) return null;
        for (var i = 0; i < sent.Recipients.Length; i++)
        {
            if (sent.Recipients[i].Address == mailbox) return i;
        }

        return null;
    }
}

/// <summary>What is true of one recipient.</summary>
/// <param name="Index">In the envelope.</param>
/// <param name="Action">What happened.</param>
/// <param name="Status">As reported; digits only.</param>
public readonly record struct MatchedRecipient(int Index, ReportAction Action, EnhancedStatusCode Status);
