using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Routing;

/// <summary>Recipients of one message that travel together: same link, same level, same MT-PRIORITY, due at the same time, and all or none suspected to have been sent before.</summary>
public sealed record PlannedConsignment(LinkSettings Link, Precedence Precedence, ImmutableArray<int> Recipients, DateTimeOffset? Due);

/// <summary>How a message is divided over links; pure.</summary>
/// <param name="Consignments">What goes where.</param>
/// <param name="Unroutable">Recipients for which there is no link.</param>
public sealed record DeliveryPlan(ImmutableArray<PlannedConsignment> Consignments, ImmutableArray<int> Unroutable)
{
    private static readonly ImmutableArray<int> First = [0];

    /// <param name="envelope">The message.</param>
    /// <param name="statuses">By recipient index.</param>
    /// <param name="recipients">The recipients to plan for; those that are not open are passed over.</param>
    /// <param name="find">Finds the link of a recipient; null when there is none.</param>
    public static DeliveryPlan Make(
        Envelope envelope, ImmutableArray<RecipientStatus> statuses, IEnumerable<int> recipients, Func<Recipient, LinkSettings?> find)
    {
        if (envelope.Recipients.Length is 1)
        {
            if (!recipients.Any() || !IsOpen(statuses[0])) return new DeliveryPlan([], []);
            return find(envelope.Recipients[0]) is { } only
                ? new DeliveryPlan([new PlannedConsignment(only, envelope.Recipients[0].Precedence, First, DueOf(envelope, statuses[0]))], [])
                : new DeliveryPlan([], First);
        }

        var unroutable = ImmutableArray.CreateBuilder<int>();
        var groups = new Dictionary<(LinkName, Precedence, MtPriority?, DateTimeOffset?, bool), (LinkSettings Link, ImmutableArray<int>.Builder Members)>();
        foreach (var index in recipients)
        {
            if (!IsOpen(statuses[index])) continue;
            var recipient = envelope.Recipients[index];
            if (find(recipient) is not { } link)
            {
                unroutable.Add(index);
                continue;
            }

            var key = (link.Name, recipient.Precedence, recipient.Priority, DueOf(envelope, statuses[index]), statuses[index].State.IsSuspect());
            if (!groups.TryGetValue(key, out var group)) groups[key] = group = (link, ImmutableArray.CreateBuilder<int>());
            group.Members.Add(index);
        }

        return new DeliveryPlan(
            [.. groups.Select(g => new PlannedConsignment(g.Value.Link, g.Key.Item2, g.Value.Members.ToImmutable(), g.Key.Item4))], unroutable.ToImmutable());
    }

    private static bool IsOpen(RecipientStatus status) => status.State is RecipientState.Queued or RecipientState.Armed;

    private static DateTimeOffset? DueOf(Envelope envelope, RecipientStatus status) => status.Due ?? envelope.HoldUntil;
}
