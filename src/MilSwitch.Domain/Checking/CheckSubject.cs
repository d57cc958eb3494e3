using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Checking;

/// <summary>What a check looks at. Immutable; the octets are good until the verdict.</summary>
/// <param name="Content">The whole message with CRLF line ends, without protection.</param>
/// <param name="Label">The label by which it is handled; null: none.</param>
/// <param name="Classification">The classification of that label; null without one.</param>
/// <param name="Precedence">Its level: the lane that work for it takes.</param>
public sealed record CheckSubject(ReadOnlyMemory<byte> Content, MessageLabel? Label, int? Classification, Precedence Precedence)
{
    /// <summary>Object identifier of the label's policy, without which <see cref="Classification"/> is a number only; null without a label.</summary>
    public string? Policy { get; init; }
}
