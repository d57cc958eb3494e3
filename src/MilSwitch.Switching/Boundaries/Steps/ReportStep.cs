using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Is it a report, is it believed, and in which form may it cross? What is not believed is mail like any other.</summary>
internal sealed class ReportStep : IPipelineStep
{
    public string Name => "report";

    public StepDecision Decide(Passage passage)
    {
        if (!passage.IsReport) return Ruling.Skip(Name, "it is no report");
        if (passage.Report is not { } report) return Ruling.Hold(Name, 0, "it could not be read as a report");
        (string, string)[] inputs =
        [
            ("kind", report.Read.Kind.ToString().ToLowerInvariant()), ("about", report.Original?.Id.ToString() ?? "no message that is known"),
            ("believed", report.Decision.IsBelieved ? "yes" : "no"), ("treatment", report.Decision.Treatment.ToString().ToLowerInvariant()),
        ];
        if (passage.AnswerFault is DepartureOutcome.Unavailable away) return Ruling.Later(Name, away.Reason);
        if (passage.AnswerFault is DepartureOutcome.Impossible never) return Ruling.Hold(Name, 0, never.Reason, inputs);
        return report.Decision.Treatment switch
        {
            ReportTreatment.Block => Ruling.Hold(Name, passage.Boundary.HeaderApprovals, report.Decision.Reason, inputs),
            ReportTreatment.Ordinary => Ruling.Skip(Name, report.Decision.Reason) with { Inputs = Ruling.Go(Name, inputs).Inputs },
            ReportTreatment.Sanitise or ReportTreatment.Regenerate when !passage.IsRewritten =>
                Ruling.Hold(Name, 0, "it says nothing about a recipient of the message that it is about", inputs),
            _ => Ruling.Go(Name, inputs),
        };
    }
}
