using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Domain.Releases;

/// <summary>What has to be known of a message before it is judged whether it is released. Immutable.</summary>
public sealed record ReleaseSubject
{
    /// <summary>Addresses in From; empty when something in it can't be read.</summary>
    public ImmutableArray<Mailbox> Authors { get; init; } = [];

    /// <summary>MMHS-Authorizing-Users (RFC 7912 §4).</summary>
    public ImmutableArray<Mailbox> Authorizers { get; init; } = [];

    /// <summary>That field, or the header, can't be read or stands there twice: how; null: it can.</summary>
    public string? Fault { get; init; }

    /// <summary>MMHS-Message-Type; null: there is none.</summary>
    public int? Type { get; init; }

    /// <summary>It is there and can't be read.</summary>
    public bool HasFaultyType { get; init; }

    /// <summary>Of the label; null: there is none that can be read.</summary>
    public int? Classification { get; init; }

    /// <summary>What its signatures and its encryption came to; null: nobody looks.</summary>
    public OpenedMessage? Opened { get; init; }

    /// <summary>The account by which it came in; null: none.</summary>
    public string? Account { get; init; }
}
