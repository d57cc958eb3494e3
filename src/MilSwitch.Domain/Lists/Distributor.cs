using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Lists;

/// <summary>An address of this switch where a message ends, and copies for others begin: a mailing list, or a profiler. Immutable.</summary>
public abstract record Distributor
{
    /// <summary>Unique in its domain.</summary>
    public required Mailbox Address { get; init; }

    /// <summary>The security domain it is in; null: there are no domains.</summary>
    public string? Domain { get; init; }

    /// <summary>Who hears of copies that could not be delivered (RFC 3461 §5.2.7.1); null: the originator does (§5.2.7.3).</summary>
    public Mailbox? Owner { get; init; }

    /// <summary>Clients that may not relay may write to it.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Where its copies come from, instead of a listener; also what stands in the place of a link.</summary>
    public abstract string Source { get; }

    /// <summary>For people.</summary>
    public abstract string Description { get; }

    /// <summary>Protection is taken off what comes.</summary>
    public virtual bool Opens => false;

    /// <summary>The copies have other octets than what came.</summary>
    public virtual bool Remakes => false;
}
