using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Reports;

/// <summary>What becomes of a report at a boundary. Immutable.</summary>
/// <param name="Treatment">How it goes on, or not.</param>
/// <param name="IsBelieved">What it says counts, for acknowledgments too; else it changes nothing.</param>
/// <param name="Precedence">The level at which it, or what is made of it, goes on.</param>
/// <param name="Reason">Why it is not believed or does not cross, for the trail; else empty.</param>
public sealed record BoundaryReportDecision(ReportTreatment Treatment, bool IsBelieved, Precedence Precedence, string Reason);

public enum ReportTreatment : byte
{
    /// <summary>It is mail like any other and meets all steps of the boundary.</summary>
    Ordinary = 0,

    Pass = 1,

    Sanitise = 2,

    Regenerate = 3,

    /// <summary>It stays here.</summary>
    Block = 4,
}
