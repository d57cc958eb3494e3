using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Configuration;

/// <summary>One line of ACP 127: what comes in over it, what goes out, or both. Immutable.</summary>
public sealed record Acp127Line
{
    /// <summary>Begins the next hop of routes that lead to a line.</summary>
    public const string Scheme = "acp127:";

    /// <summary>Unique among lines and listeners, by whose names messages tell where they came in.</summary>
    public required string Name { get; init; }

    /// <summary>The routing indicator of this switch on it.</summary>
    public required string Station { get; init; }

    /// <summary>Gets reports about messages that came over it, and is whom held garbles are for.</summary>
    public required Mailbox Operator { get; init; }

    /// <summary>Stands in From for originators without a mail address; null: their messages are held.</summary>
    public Mailbox? Originators { get; init; }

    /// <summary>What comes over it at a higher level travels at this one.</summary>
    public Precedence HighestPrecedence { get; init; } = Precedence.Override;

    public Acp127Inbound? Inbound { get; init; }

    public Acp127Outbound? Outbound { get; init; }
}
