using System.Collections.Immutable;
using MilSwitch.Domain.Acknowledgments;

namespace MilSwitch.Domain.Protection;

/// <summary>What came of protecting a message on its way out. One case.</summary>
public abstract record DepartureOutcome
{
    private DepartureOutcome()
    {
    }

    /// <summary>These octets may leave.</summary>
    /// <param name="Content">A whole message with CRLF line ends.</param>
    /// <param name="Notes">For the audit trail.</param>
    public sealed record Protected(ReadOnlyMemory<byte> Content, ImmutableArray<ProtectionNote> Notes) : DepartureOutcome
    {
        /// <summary>What a receipt for it must have, where <see cref="DepartureSigning.ReceiptRequest"/> asked for one.</summary>
        public ImmutableArray<SentReceiptEvidence> Sent { get; init; } = [];
    }

    /// <summary>A key can't be used now, or somebody who might know a certificate does not answer: trying later may help.</summary>
    /// <param name="Reason">For the trail.</param>
    public sealed record Unavailable(string Reason) : DepartureOutcome;

    /// <summary>Trying again helps nobody; a person has to act.</summary>
    /// <param name="Reason">For that person.</param>
    /// <param name="Recipients">Positions of those whom it is about; empty: all of them.</param>
    public sealed record Impossible(string Reason, ImmutableArray<int> Recipients) : DepartureOutcome;
}
