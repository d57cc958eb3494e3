namespace MilSwitch.Domain.Profiling;

/// <summary>Why a person has to distribute a message.</summary>
public enum UnprofiledReason : byte
{
    /// <summary>No rule selects it.</summary>
    NoMatch,

    /// <summary>RFC 6477 §3.5: <c>NO DISTRIBUTION</c> without the originator's approval.</summary>
    NoDistribution,

    /// <summary>A field that decides can't be believed (<see cref="ProfileSubject.Fault"/>).</summary>
    Unreadable,

    /// <summary>It can't be distributed by anybody's rule: a report, or a loop.</summary>
    Stopped,

    /// <summary>Its text can't be read, and the profiler is to look at the whole.</summary>
    Encrypted,

    /// <summary>A person switched to a plan that is not in the file any more.</summary>
    NoPlan,

    /// <summary>RFC 6477 §3.1: its originator exempted everybody whom rules name.</summary>
    NobodyLeft,

    /// <summary>Rules name more than <see cref="ProfilePolicy.MostAddressees"/>.</summary>
    TooMany,
}
