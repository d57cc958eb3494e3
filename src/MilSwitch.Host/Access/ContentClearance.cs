using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Running;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;

namespace MilSwitch.Host.Access;

/// <summary>What <c>admin.clearances</c> says. Whoever is not named there, where anybody is, sees nothing; so it is with what can't be judged.</summary>
internal sealed class ContentClearance(ConfigurationHolder configuration) : IContentClearance
{
    public bool IsOpen => configuration.Current.Admin.Clearances.IsEmpty;

    public bool MayView(OperatorIdentity who, MessageLabel? label)
    {
        var current = configuration.Current;
        if (current.Admin.Clearances.IsEmpty) return true;
        if (current.Admin.Clearances.FirstOrDefault(c => c.Name is null || c.Name == who.Name) is not { } viewer) return false;
        if (label is null) return viewer.Unlabelled;
        var authority = current.Labels.Authority;
        try
        {
            var read = authority.Read(label.Encoded);
            return authority.Policies.Find(read.Policy) is { } policy && LabelValidity.IsValid(read, policy, at: authority.Now) && authority.Denial(read, viewer.Clearance, "the viewer") is null;
        }
        catch (LabelRefusedException)
        {
            return false;
        }
    }
}
