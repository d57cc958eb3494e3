namespace MilSwitch.Domain.Reports;

/// <summary>What a boundary does with reports in one direction. Immutable; the defaults tell the other side the least.</summary>
public sealed record BoundaryReportSettings
{
    /// <summary>For delivery status notifications (RFC 3464).</summary>
    public ReportPassage Delivery { get; init; } = ReportPassage.Regenerate;

    /// <summary>For message disposition notifications (RFC 8098).</summary>
    public ReportPassage Disposition { get; init; } = ReportPassage.Regenerate;
}
