using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Switching.Labelling;
using MilSwitch.Switching.Lists;

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

    /// <summary>What the profiler goes by. Of what was opened the inside counts; whom or what the outside keeps back counts as well.</summary>
    /// <param name="stored">The message.</param>
    /// <param name="index">The profiling address among its recipients.</param>
    /// <param name="lineage">Where it comes from.</param>
    /// <param name="content">As it came.</param>
    /// <param name="opened">Without its encryption; null: it has none, or keeps it.</param>
    /// <param name="configuration">In force.</param>
    public static (ListSubject Subject, ProfileSubject Facts) Of(
        StoredMessage stored, int index, ListLineage lineage, ReadOnlyMemory<byte> content, OpenedMessage? opened, SwitchConfiguration configuration)
    {
        var outer = ListReading.Of(stored, lineage, content, null, configuration);
        var of = stored.Envelope.Recipients[index];
        var facts = Of(stored.Envelope, of, content, configuration);
        if (opened is null) return (outer, facts);
        var inner = ListReading.Of(stored, lineage, opened.Content, null, configuration);
        var inside = Of(stored.Envelope, of, opened.Content, configuration);
        return (
            outer with { Unreadable = outer.Unreadable ?? inner.Unreadable, Exempted = [.. outer.Exempted, .. inner.Exempted], Before = [.. outer.Before, .. inner.Before] },
            inside with
            {
                MessageInstructions = [.. inside.MessageInstructions, .. facts.MessageInstructions], Fault = inside.Fault ?? facts.Fault,
                Role = facts.Role is ProfileRole.Information ? facts.Role : inside.Role,
            });
    }

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
