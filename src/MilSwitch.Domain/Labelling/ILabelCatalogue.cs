using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Labelling;

/// <summary>Lists the labels that somebody may use towards some recipients: one immutable snapshot of policies and clearances. Pure and thread-safe.</summary>
public interface ILabelCatalogue
{
    /// <param name="policy">Name or object identifier; null: the one that is meant where none is named.</param>
    /// <param name="from">Who would send.</param>
    /// <param name="to">To whom, with the link that leads there; at least one.</param>
    /// <exception cref="FormatException">There is no such policy; the message is for the person who asked.</exception>
    LabelCatalogue List(string? policy, Mailbox from, ImmutableArray<(Mailbox Recipient, LinkSettings Link)> to);
}
