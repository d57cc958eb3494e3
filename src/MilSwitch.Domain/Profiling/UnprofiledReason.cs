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
}
