using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Reports;

/// <summary>Decides what becomes of a report at a boundary, and whether what it says is believed; pure.</summary>
public static class ReportPolicyAtBoundary
{
    /// <param name="facts">What is known of it.</param>
    /// <param name="settings">Of this direction.</param>
    /// <param name="unmarked">The level of mail that says nothing about precedence.</param>
    public static BoundaryReportDecision Decide(BoundaryReportFacts facts, BoundaryReportSettings settings, Precedence unmarked)
    {
        if (facts.Kind is ReportKind.None) return Ordinary("it is no report");
        // What can't be read as a report might be read as one by somebody else.
        if (!facts.IsWellFormed) return new(ReportTreatment.Block, false, Lowest(facts, unmarked), "it says it is a report and is malformed");
        if (!facts.HasNullReversePath) return Ordinary("a report has a null reverse path");
        if (facts.Original is not { } original) return Ordinary("it is about no message that was sent from here");
        if (!facts.TagIsGood && !facts.DomainSignatureIsGood) return Ordinary("it has neither the tag of a copy that was sent nor a signature of its domain");
        // RFC 6710 §4.6 forbids to raise a received report: either proof makes it true, only both make it urgent.
        var level = facts is { TagIsGood: true, DomainSignatureIsGood: true } ? Lower(facts.Claimed ?? original, original) : Lower(unmarked, original);
        var passage = facts.Kind is ReportKind.Delivery ? settings.Delivery : settings.Disposition;
        return passage switch
        {
            ReportPassage.Pass => new(ReportTreatment.Pass, true, level, ""),
            ReportPassage.Sanitise => new(ReportTreatment.Sanitise, true, level, ""),
            ReportPassage.Regenerate => new(ReportTreatment.Regenerate, true, level, ""),
            _ => new(ReportTreatment.Block, true, level, "reports do not cross here"),
        };

        BoundaryReportDecision Ordinary(string reason) => new(ReportTreatment.Ordinary, false, Lowest(facts, unmarked), reason);
    }

    private static Precedence Lowest(BoundaryReportFacts facts, Precedence unmarked) => facts.Claimed is { } claimed ? Lower(claimed, unmarked) : unmarked;

    private static Precedence Lower(Precedence one, Precedence other) => one < other ? one : other;
}
