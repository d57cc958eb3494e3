using MilSwitch.Domain.Addressing;

namespace MilSwitch.Acp127;

/// <summary>What the two mappings need to know of the place where they are made. Immutable.</summary>
public sealed record Acp127Edge
{
    public required Acp127Directory Directory { get; init; }

    /// <summary>The name behind the @ of Message-IDs.</summary>
    public required string HostName { get; init; }

    /// <summary>Stands in From for originators without a mail address in the directory, with their plain language address as the name; null: their messages are refused.</summary>
    public Mailbox? Originators { get; init; }
}
