using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>What another system says became of a message (RFC 8098): a claim. Immutable.</summary>
/// <param name="FinalRecipient">The address without its type.</param>
/// <param name="OriginalRecipient">The address that the sender used, without its type; null when absent.</param>
/// <param name="OriginalMessageId">Message-ID of the message; null when absent.</param>
/// <param name="Disposition">What became of it.</param>
/// <param name="IsAutomatic">No person did it.</param>
/// <param name="IsSentAutomatically">No person had this sent.</param>
public sealed record ReceivedDisposition(
    string FinalRecipient, string? OriginalRecipient, string? OriginalMessageId, DispositionType Disposition, bool IsAutomatic, bool IsSentAutomatically);
