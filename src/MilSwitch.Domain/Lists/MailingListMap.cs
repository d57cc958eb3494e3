using System.Collections.Immutable;

namespace MilSwitch.Domain.Lists;

/// <summary>The mailing lists of this switch. Immutable and thread-safe; a reload swaps it whole.</summary>
/// <param name="lists">Addresses are unique in each domain.</param>
public sealed class MailingListMap(ImmutableArray<MailingList> lists) : DistributorMap<MailingList>(lists)
{
    public static MailingListMap None { get; } = new([]);

    public ImmutableArray<MailingList> Lists => All;
}
