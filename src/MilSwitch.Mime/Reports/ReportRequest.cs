using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>What a delivery report is to say (RFC 3461 §6, RFC 3464).</summary>
public sealed record ReportRequest
{
    /// <summary>The name of this switch.</summary>
    public required string ReportingMta { get; init; }

    /// <summary>Address of the From field; MAILER-DAEMON at this switch when it is no ASCII address. The envelope's sender is always null.</summary>
    public string From { get; init; } = "";

    /// <summary>The original's reverse path. When it needs SMTPUTF8, so does the report.</summary>
    public required Mailbox To { get; init; }

    /// <summary>Names the report itself.</summary>
    public required MessageId Id { get; init; }

    public required Envelope Original { get; init; }

    public required ReportAction Action { get; init; }

    /// <summary>At least one.</summary>
    public required ImmutableArray<ReportedRecipient> Recipients { get; init; }

    /// <summary>The original's first octets, its header at least; empty: nothing is returned.</summary>
    public ReadOnlyMemory<byte> OriginalHead { get; init; }

    /// <summary><see cref="OriginalHead"/> is the whole original.</summary>
    public bool HeadIsWhole { get; init; }

    /// <summary>Policy and size allow the whole original to go back. It does when the sender said RET=FULL and the report is of a failure.</summary>
    public bool MayReturnContent { get; init; }

    /// <summary>SHA-2 over the content that was accepted; empty: not said.</summary>
    public ReadOnlyMemory<byte> OriginalDigest { get; init; }

    /// <summary>The level of those it is about; null: not said.</summary>
    public Precedence? Precedence { get; init; }

    /// <summary>The signedContentIdentifier of the original (RFC 2634 §2.7); empty: it has none.</summary>
    public ReadOnlyMemory<byte> ContentIdentifier { get; init; }

    /// <summary>The switch's name for the original, for whoever reads its logs.</summary>
    public string FinalLogId { get; init; } = "";

    public required DateTimeOffset Now { get; init; }
}

/// <summary>One recipient in a report.</summary>
/// <param name="Recipient">As in the original's envelope.</param>
/// <param name="Reply">The answer that decided, or null.</param>
/// <param name="RemoteMta">The host that gave it; null when no other host was involved.</param>
/// <param name="Status">Its class is made to fit the action.</param>
/// <param name="WillRetryUntil">For delays only.</param>
/// <param name="LastAttempt">Null when it is not known.</param>
public sealed record ReportedRecipient(
    Recipient Recipient, Reply? Reply, string? RemoteMta, EnhancedStatusCode Status, DateTimeOffset? WillRetryUntil, DateTimeOffset? LastAttempt);
