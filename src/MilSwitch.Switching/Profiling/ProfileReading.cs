using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Profiling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Switching.Profiling;

/// <summary>Reads what rules of the profiler look at. Pure.</summary>
internal static class ProfileReading
{
    /// <param name="envelope">The message's.</param>
    /// <param name="of">The profiling address among its recipients.</param>
    /// <param name="content">As it came.</param>
    /// <param name="configuration">In force.</param>
    public static ProfileSubject Of(Envelope envelope, Recipient of, ReadOnlyMemory<byte> content, SwitchConfiguration configuration) => ProfileFacts.Read(
        content, of.Precedence,
        // The envelope tells the two apart where they have different levels; else the header does, for whom it names.
        of.Role is AddresseeRole.Action ? ProfileRole.Action : ProfileRole.Information,
        Label(envelope.Label, configuration.LabelCatalogue is LabelCatalogueList list ? list.Policies : PolicySet.Empty), of.Address);

    // That by which the message is handled, whatever its fields say.
    private static ProfileLabel? Label(MessageLabel? handled, PolicySet policies)
    {
        if (handled is null) return null;
        try
        {
            var label = EssLabel.Read(handled.Encoded);
            var policy = policies.Find(label.Policy);
            return new ProfileLabel(label.Policy, policy?.Name, label.Classification, label.Classification is { } value ? policy?.Classification(value)?.Name : null);
        }
        catch (LabelRefusedException)
        {
            return null;
        }
    }
}
