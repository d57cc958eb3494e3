using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Acknowledgments;

/// <summary>Who answers an originator's request for a receipt, and about whom. Immutable.</summary>
/// <param name="Signing">The gateway's key; the signature says that it is a domain's, whatever stands here.</param>
/// <param name="From">Address of the answer's From field.</param>
/// <param name="Recipient">Address of the recipient, as the originator knows it.</param>
public sealed record RelayedReceiptSettings(DepartureSigning Signing, string From, string Recipient)
{
    /// <summary>Message-ID of the original; null: not said.</summary>
    public string? InReplyTo { get; init; }
}
