using System.Collections.Immutable;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Lists;

/// <summary>Where a message comes from inside of this switch, over lists, profilers and boundaries: as the store has it, so that nobody outside can change it. Immutable.</summary>
/// <param name="Root">The first message.</param>
/// <param name="Lists">Addresses of the lists and profilers on the way, the latest first.</param>
/// <param name="IsTooLong">There are more messages on the way than anybody needs; the beginning is not known.</param>
internal sealed record ListLineage(MessageId Root, ImmutableArray<string> Lists, bool IsTooLong)
{
    /// <summary>Messages that are looked at: each list makes one, and each boundary behind it.</summary>
    private const int Most = 2 * MailingList.MostInHistory;

    /// <summary>Follows a message back. What is forgotten by now ends it.</summary>
    public static async ValueTask<ListLineage> OfAsync(ISpool spool, StoredMessage message)
    {
        var lists = ImmutableArray.CreateBuilder<string>();
        for (var seen = 0; seen < Most; seen++)
        {
            if (message.Envelope.Origin.DistributedBy is { } address) lists.Add(address);
            if (message.Parent is not { } parent || await spool.ReadAsync(parent).ConfigureAwait(false) is not { } before) return new ListLineage(message.Id, lists.ToImmutable(), IsTooLong: false);
            message = before;
        }

        return new ListLineage(message.Id, lists.ToImmutable(), IsTooLong: true);
    }
}
