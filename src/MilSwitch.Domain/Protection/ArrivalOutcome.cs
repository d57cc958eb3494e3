using System.Collections.Immutable;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;

namespace MilSwitch.Domain.Protection;

/// <summary>What came of looking at a message on its way in. One case.</summary>
public abstract record ArrivalOutcome
{
    private ArrivalOutcome()
    {
    }

    /// <summary>It may be accepted.</summary>
    /// <param name="Trace">Whole header fields to be written before the content, each ending in CRLF; may be empty.</param>
    /// <param name="Opened">The opened message, which is the content from now on; null: it stays as it came.</param>
    /// <param name="Notes">For the audit trail.</param>
    public sealed record Accepted(ReadOnlyMemory<byte> Trace, ReadOnlyMemory<byte>? Opened, ImmutableArray<ProtectionNote> Notes) : ArrivalOutcome
    {
        /// <summary>The labels in signed attributes that count, where the settings ask for them.</summary>
        public ImmutableArray<FoundLabel> Labels { get; init; } = [];
    }

    /// <summary>The settings refuse it for good.</summary>
    /// <param name="Refusal">What the client is told.</param>
    /// <param name="Reason">For the log.</param>
    public sealed record Refused(Refusal Refusal, string Reason) : ArrivalOutcome;

    /// <summary>A key that is needed can't be used now: the client is to come again.</summary>
    /// <param name="Reason">For the log.</param>
    public sealed record Unavailable(string Reason) : ArrivalOutcome;
}
