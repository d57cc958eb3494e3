using System.Collections.Immutable;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Smtp.Tracking;

/// <summary>What one server said.</summary>
/// <param name="Outcome">In a word.</param>
/// <param name="Detail">The server's line, or what broke; hostile, printable ASCII.</param>
/// <param name="Found">With <see cref="MtqpOutcome.Found"/>: one at least.</param>
/// <param name="IsSecured">It was asked inside TLS; whether with a verified name depends on the client.</param>
public sealed record MtqpReply(MtqpOutcome Outcome, string Detail, ImmutableArray<TrackingStatus> Found, bool IsSecured);
