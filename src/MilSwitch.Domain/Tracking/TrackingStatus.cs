using System.Collections.Immutable;

namespace MilSwitch.Domain.Tracking;

/// <summary>RFC 3886 §3.2: what one system says of one message.</summary>
/// <param name="EnvelopeId">By which it was asked for.</param>
/// <param name="ReportingMta">Who says it.</param>
/// <param name="ArrivedAt">When it came there.</param>
/// <param name="Recipients">One at least.</param>
public sealed record TrackingStatus(string EnvelopeId, string ReportingMta, DateTimeOffset ArrivedAt, ImmutableArray<TrackedRecipient> Recipients);
