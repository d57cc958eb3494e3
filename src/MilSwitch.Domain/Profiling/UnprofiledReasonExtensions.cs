namespace MilSwitch.Domain.Profiling;

public static class UnprofiledReasonExtensions
{
    /// <summary>As people and programs read it.</summary>
    public static string Word(this UnprofiledReason reason) => reason switch
    {
        UnprofiledReason.NoMatch => "no-match",
        UnprofiledReason.NoDistribution => "no-distribution",
        UnprofiledReason.Unreadable => "unreadable",
        UnprofiledReason.Stopped => "stopped",
        UnprofiledReason.Encrypted => "encrypted",
        UnprofiledReason.NoPlan => "no-plan",
        UnprofiledReason.NobodyLeft => "nobody-left",
        UnprofiledReason.TooMany => "too-many",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
