using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Lists;

/// <summary>The mailing lists of this switch. Immutable and thread-safe; a reload swaps it whole.</summary>
public sealed class MailingListMap
{
    private readonly FrozenDictionary<(string Domain, Mailbox Address), MailingList> lists;

    /// <param name="lists">Addresses are unique in each domain.</param>
    public MailingListMap(ImmutableArray<MailingList> lists)
    {
        Lists = lists;
        this.lists = lists.ToFrozenDictionary(l => (l.Domain ?? "", l.Address));
    }

    public static MailingListMap None { get; } = new([]);

    public ImmutableArray<MailingList> Lists { get; }

    public bool IsEmpty => Lists.IsEmpty;

    /// <summary>The list at an address; null: it is none.</summary>
    /// <param name="domain">The security domain of the message: a list of another one is reached through a boundary. Null: there are no domains.</param>
    /// <param name="address">Of a recipient.</param>
    public MailingList? Find(string? domain, Mailbox address) => lists.Count is 0 ? null : lists.GetValueOrDefault((domain ?? "", address));

    /// <summary>The list at an address in whatever domain; null: there is none.</summary>
    public MailingList? Anywhere(Mailbox address)
    {
        foreach (var list in Lists)
        {
            if (list.Address == address) return list;
        }

        return null;
    }
}
