using System.Collections.Immutable;

namespace MilSwitch.Domain.Tracking;

/// <summary>What the desk found.</summary>
/// <param name="IsAvailable">False: the store did not answer.</param>
/// <param name="Found">Empty: nothing is known, or nothing is told.</param>
public sealed record TrackingAnswer(bool IsAvailable, ImmutableArray<TrackingStatus> Found)
{
    public static TrackingAnswer Unavailable { get; } = new(false, []);

    public static TrackingAnswer Nothing { get; } = new(true, []);
}
