using System.Collections.Immutable;

namespace MilSwitch.Domain.Tracking;

/// <summary>What those said who took a message over.</summary>
/// <param name="NotAsked">Why nobody was asked; null: see the hosts.</param>
/// <param name="Hosts">In the order in which they were asked; those that were not asked say why.</param>
public sealed record OnwardAnswer(string? NotAsked, ImmutableArray<OnwardHost> Hosts)
{
    public static OnwardAnswer Nobody(string why) => new(why, []);
}

/// <summary>One host that a message went on to.</summary>
/// <param name="Host">As in Remote-MTA: its name or address.</param>
/// <param name="Server">Who answers for it, <c>host:port</c>; null: nobody is known.</param>
/// <param name="Outcome">In a word.</param>
/// <param name="Detail">The server's line, or why it was not asked or did not answer. Hostile, printable ASCII.</param>
/// <param name="IsSecured">It was asked inside TLS.</param>
/// <param name="Found">What it told that was not known before.</param>
public sealed record OnwardHost(string Host, string? Server, OnwardOutcome Outcome, string Detail, bool IsSecured, ImmutableArray<TrackingStatus> Found)
{
    public static OnwardHost NotAsked(string host, string why) => new(host, null, OnwardOutcome.NotAsked, why, false, []);
}

public enum OnwardOutcome : byte
{
    Found,

    /// <summary>The server knows nothing, or tells nothing.</summary>
    NoInformation,

    /// <summary>It refuses for another reason, for now or for good.</summary>
    Refused,

    /// <summary>No connection, no TLS where it is asked for, no MTQP, or no answer in time.</summary>
    Unreachable,

    /// <summary>Nothing was sent to it.</summary>
    NotAsked,
}
