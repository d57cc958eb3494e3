using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Tracking;

/// <summary>RFC 3886 §3.3: one recipient, as told to whoever may ask.</summary>
/// <param name="Original">As the originator named it.</param>
/// <param name="Final">As it travels.</param>
/// <param name="Action">What became of it.</param>
/// <param name="Status">In the class that the action asks for; 2.1.9 with <see cref="TrackingAction.Relayed"/> and nothing else.</param>
public sealed record TrackedRecipient(OriginalRecipient Original, OriginalRecipient Final, TrackingAction Action, EnhancedStatusCode Status)
{
    /// <summary>The host of the last attempt; null: none was made, or none answered.</summary>
    public string? RemoteMta { get; init; }

    /// <summary>Null: no attempt was made.</summary>
    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>Null: it is not here any more.</summary>
    public DateTimeOffset? WillRetryUntil { get; init; }
}
