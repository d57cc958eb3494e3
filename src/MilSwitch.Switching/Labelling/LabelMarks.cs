using System.Globalization;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>Marks labels by the policies in force.</summary>
internal sealed class LabelMarks(SwitchRuntime runtime) : ILabelMarks
{
    public LabelMark Mark(MessageLabel label)
    {
        SecurityLabel read;
        var list = runtime.Configuration.LabelCatalogue as LabelCatalogueList;
        try
        {
            read = list is null ? EssLabel.Read(label.Encoded) : list.Read(label.Encoded);
        }
        catch (LabelRefusedException)
        {
            return new LabelMark("label can't be read", int.MaxValue, null, IsKnown: false);
        }

        var policies = list?.Policies ?? PolicySet.Empty;
        var classification = policies.Find(read.Policy)?.Classifications.FirstOrDefault(c => c.Value == read.Classification);
        // The numbers of RFC 2634 §3.2 rise with sensitivity; a policy says for itself how its own do.
        if (policies.Find(read.Policy) is not { } policy || classification is null)
            return new LabelMark(string.Create(CultureInfo.InvariantCulture, $"policy {read.Policy}, classification {read.Classification?.ToString(CultureInfo.InvariantCulture) ?? "none"}"), int.MaxValue - 1, null, IsKnown: false);
        return new LabelMark(
            MarkingText.Generate(read, policy, MarkingPlace.Display), classification.Hierarchy, classification.Color, LabelValidity.IsValid(read, policy, at: runtime.Now));
    }
}
