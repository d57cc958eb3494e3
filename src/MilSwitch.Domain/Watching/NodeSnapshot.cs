using System.Collections.Immutable;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Watching;

/// <summary>One node at one moment. Immutable.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Answers">False: it said nothing in time, and the rest is not known.</param>
public sealed record NodeSnapshot(string Node, bool Answers)
{
    public string Version { get; init; } = "";

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>It takes mail.</summary>
    public bool Ready { get; init; }

    public SpoolHealth Spool { get; init; }

    /// <summary>Octets of its store, and free ones; <see cref="SpoolUsage.Unknown"/> where only the server knows.</summary>
    public SpoolUsage Usage { get; init; }

    /// <summary>By the level's number; empty: not known.</summary>
    public ImmutableArray<LevelSnapshot> Levels { get; init; } = [];

    public int Held { get; init; }

    /// <summary>Where browsers find its console; null: nobody said.</summary>
    public string? Console { get; init; }

    /// <summary>The last hour, oldest minute first; the last one is not over yet.</summary>
    public ImmutableArray<TrafficMinute> Traffic { get; init; } = [];
}

/// <summary>What waits at one level of one node, and what was counted since it started.</summary>
/// <param name="Oldest">When the oldest that waits was accepted; null: nothing waits.</param>
public sealed record LevelSnapshot(int Queued, DateTimeOffset? Oldest, long Accepted, long Delivered, long Failed);

/// <summary>Messages accepted, and recipients delivered and given up, in one minute.</summary>
public sealed record TrafficMinute(DateTimeOffset At, long Accepted, long Delivered, long Failed);
