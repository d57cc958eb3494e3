using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Tracking;

/// <summary>One server on the way of a message, and what it said.</summary>
public sealed record TracedServer(HopTarget Server, MtqpReply Reply);
