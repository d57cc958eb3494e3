using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Domain.Lists;

/// <summary>What a list or a profiler has to know of a message before it goes to those behind it. Immutable.</summary>
public sealed record ListSubject
{
    /// <summary>It is a report: it has a null reverse path.</summary>
    public bool IsReport { get; init; }

    /// <summary>Where the list opens messages: what it found; null: it does not look.</summary>
    public OpenedMessage? Opened { get; init; }

    /// <summary>Addresses in the From field, canonical; empty when something in it can't be read.</summary>
    public ImmutableArray<Mailbox> Authors { get; init; } = [];

    /// <summary>An account was authenticated that may write as all of them.</summary>
    public bool IsVouchedFor { get; init; }

    /// <summary>Lists that the message went through before, as far as the switch knows or the message says.</summary>
    public ImmutableArray<string> Before { get; init; } = [];

    /// <summary>A field that the list has to obey and that can't be read, and why; null: there is none.</summary>
    public string? Unreadable { get; init; }

    /// <summary>Names of fields that its encryption hides from those who can't open it.</summary>
    public ImmutableArray<string> Hidden { get; init; } = [];

    /// <summary>What came encrypted has labels inside by which nobody can handle it, and why; null: there are none, or they can be used.</summary>
    public string? LabelFault { get; init; }

    /// <summary>Values of MMHS-Message-Instructions (RFC 6477 §3.5).</summary>
    public ImmutableArray<string> Instructions { get; init; } = [];

    /// <summary>Values of MMHS-Exempted-Address (RFC 6477 §3.1): members who get nothing.</summary>
    public ImmutableArray<Mailbox> Exempted { get; init; } = [];
}
