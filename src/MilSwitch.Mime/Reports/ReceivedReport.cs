using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>
/// What another system reports about a message (RFC 3464). Anybody can write one: it is a claim, to be matched with a
/// message that was really sent, and it never raises a precedence (RFC 6710 §4.6).
/// </summary>
public sealed record ReceivedReport
{
    /// <summary>Without its type; null when absent.</summary>
    public string? ReportingMta { get; init; }

    /// <summary>The ENVID under which the message was sent; null when absent.</summary>
    public string? OriginalEnvelopeId { get; init; }

    /// <summary>Message-ID of the message that came back, whole or as a header; null when nothing came back.</summary>
    public string? OriginalMessageId { get; init; }

    /// <summary>In the order of the report; at least one.</summary>
    public required ImmutableArray<ReceivedRecipientReport> Recipients { get; init; }
}

/// <summary>What is reported about one recipient.</summary>
/// <param name="FinalRecipient">The address without its type.</param>
/// <param name="OriginalRecipient">The address that the sender used, without its type; null when absent.</param>
/// <param name="Action">Null when the word is unknown.</param>
/// <param name="Status">Null when absent or malformed.</param>
/// <param name="RemoteMta">Without its type; null when absent.</param>
/// <param name="Diagnostic">Without its type; hostile text; null when absent.</param>
public sealed record ReceivedRecipientReport(
    string FinalRecipient, string? OriginalRecipient, ReportAction? Action, EnhancedStatusCode? Status, string? RemoteMta, string? Diagnostic);
