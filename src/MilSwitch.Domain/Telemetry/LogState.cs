using System.Collections.Immutable;

namespace MilSwitch.Domain.Telemetry;

/// <summary>What this node logs.</summary>
/// <param name="Configured">By its configuration.</param>
/// <param name="Changed">What differs from it for a time; empty as a rule.</param>
public sealed record LogState(LogSeverity Configured, ImmutableArray<ChangedLogLevel> Changed);
