using System.Collections.Frozen;
using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Lists;

/// <summary>Distributors of one kind, by their addresses. Immutable and thread-safe.</summary>
/// <typeparam name="T">The kind.</typeparam>
public abstract class DistributorMap<T>
    where T : Distributor
{
    private readonly FrozenDictionary<(string Domain, Mailbox Address), T> byAddress;

    /// <param name="all">Addresses are unique in each domain.</param>
    protected DistributorMap(ImmutableArray<T> all)
    {
        All = all;
        byAddress = all.ToFrozenDictionary(d => (d.Domain ?? "", d.Address));
    }

    public bool IsEmpty => All.IsEmpty;

    protected ImmutableArray<T> All { get; }

    /// <summary>Who is at an address; null: nobody of this kind.</summary>
    /// <param name="domain">The security domain of the message: what is in another one is reached through a boundary. Null: there are no domains.</param>
    /// <param name="address">Of a recipient.</param>
    public T? Find(string? domain, Mailbox address) => byAddress.Count is 0 ? null : byAddress.GetValueOrDefault((domain ?? "", address));

    /// <summary>Who is at an address in whatever domain; null: nobody of this kind.</summary>
    public T? Anywhere(Mailbox address)
    {
        foreach (var one in All)
        {
            if (one.Address == address) return one;
        }

        return null;
    }
}
