using MilSwitch.Domain.Reports;

namespace MilSwitch.Mime;

/// <summary>A report read as strictly as one is that is to cross a boundary. Immutable.</summary>
/// <param name="Kind">What it says it is.</param>
/// <param name="Fault">Why it is malformed, in a word; empty: it is not.</param>
public sealed record BoundaryReport(ReportKind Kind, string Fault)
{
    /// <summary>It is a report, and everything it says could be read in one way only.</summary>
    public bool IsWellFormed => Kind is not ReportKind.None && Fault.Length is 0;

    /// <summary>What it says; null: it is malformed or no delivery report. All actions and statuses are there.</summary>
    public ReceivedReport? Delivery { get; init; }

    /// <summary>What it says; null: it is malformed or no disposition notification.</summary>
    public ReceivedDisposition? Disposition { get; init; }
}
