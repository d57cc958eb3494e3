using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Releases;

/// <summary>Which messages nobody gets before they are released, and who releases them (RFC 7912 §3). Immutable.</summary>
public sealed record DraftRule
{
    /// <summary>Unique; it stands in the audit trail.</summary>
    public required string Name { get; init; }

    /// <summary>Names of the listeners by which such messages come in.</summary>
    public required ImmutableArray<string> Listeners { get; init; }

    /// <summary>Of these originators, by reverse path or From; null: of all.</summary>
    public MailboxSet? Drafters { get; init; }

    /// <summary>To these; null: to anybody.</summary>
    public MailboxSet? Recipients { get; init; }

    /// <summary>Of these levels; empty: of all.</summary>
    public ImmutableArray<Precedence> Levels { get; init; } = [];

    /// <summary>Of these types (RFC 6477 §3.10), 0–255; empty: of all. A type that can't be read is one of them.</summary>
    public ImmutableArray<int> Types { get; init; } = [];

    /// <summary>Classified so or higher, by the number of the label; null: whatever the label is. No label, or one that can't be read, is higher.</summary>
    public int? LowestClassification { get; init; }

    /// <summary>Who may release; empty: nobody has to.</summary>
    public ImmutableArray<ReleaseAuthority> Authorities { get; init; } = [];

    /// <summary>How many of them have to, 1 and more.</summary>
    public int Required { get; init; } = 1;

    /// <summary>They do so in their order, none before the one in front.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>The release of an author does not count.</summary>
    public bool OthersOnly { get; init; }

    /// <summary>The signature of who releases has to protect the header: else it says nothing about whom the message is for.</summary>
    public bool DemandsProtectedHeader { get; init; }

    public ReleaseProof Proof { get; init; }

    public UnreleasedAction Otherwise { get; init; }

    /// <summary>Nobody has to release what it is about.</summary>
    public bool IsFree => Authorities.IsEmpty;

    public bool IsFor(Mailbox recipient) => Recipients is not { } to || to.Contains(recipient);

    /// <summary>Nobody has to release what goes to this one: the rule is free, or it is somebody who may release (RFC 7912 §3.4.1).</summary>
    public bool LetsPass(Mailbox recipient) => IsFree || Find(recipient) is not null;

    public ReleaseAuthority? Find(Mailbox address) => Authorities.FirstOrDefault(a => a.Address == address);
}
