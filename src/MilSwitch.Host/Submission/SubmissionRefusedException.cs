using MilSwitch.Domain.Intake;

namespace MilSwitch.Host.Submission;

/// <summary>What was handed in is no message yet. The text is for whoever handed it in.</summary>
/// <param name="faults">What is wrong; at least one.</param>
internal sealed class SubmissionRefusedException(IReadOnlyList<FieldFault> faults) : Exception(Words(faults))
{
    public SubmissionRefusedException(string field, string rule, string text)
        : this([new FieldFault(field, 0, rule, text)])
    {
    }

    public IReadOnlyList<FieldFault> Faults { get; } = faults;

    private static string Words(IReadOnlyList<FieldFault> faults)
    {
        var first = faults[0];
        var where = first.Position is 0 ? first.Field : $"{first.Field}, octet {Commands.Text.Number(first.Position)}";
        return $"{where}: {first.Text} ({first.Rule}){(faults.Count > 1 ? $"; {Commands.Text.Number(faults.Count - 1)} more" : "")}";
    }
}
