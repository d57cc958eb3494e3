using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127;

/// <summary>A message of ACP 127 as mail, or why it is none. Exactly one of <see cref="Content"/> and <see cref="Garble"/> is there. Immutable.</summary>
public sealed record Acp127Mail
{
    /// <summary>The whole mail with CRLF line ends. The same message gives the same octets, whenever and over whatever channel it comes.</summary>
    public byte[]? Content { get; init; }

    /// <summary>Who gets it here: addressees whom this transmission calls for.</summary>
    public ImmutableArray<Mailbox> Recipients { get; init; } = [];

    /// <summary>The message, also where it is sound and can't be mapped; null: it is garbled.</summary>
    public Acp127Message? Message { get; init; }

    public Acp127Garble? Garble { get; init; }

    /// <summary>Format line 2, as far as it could be read; null: it couldn't.</summary>
    public Precedence? Precedence { get; init; }
}
