using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Operations;

/// <summary>The chain of custody of a message. Immutable.</summary>
/// <param name="Id">The message.</param>
/// <param name="Chain">Oldest first; empty: nothing was done to it.</param>
public sealed record MessageCustody(MessageId Id, ImmutableArray<CustodyRecord> Chain)
{
    /// <summary>Number of the first record that does not follow from the one before it; null: all do.</summary>
    public int? FirstFault { get; } = CustodyChain.FirstFault(Chain);
}
