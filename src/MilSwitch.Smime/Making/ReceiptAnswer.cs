using System.Buffers;
using MilSwitch.Smime.Ess;

namespace MilSwitch.Smime.Making;

/// <summary>A receipt, or why there is none. Immutable.</summary>
/// <param name="Outcome">Whether one was due and to whom it goes, by RFC 2634 §2.3 and §2.5.</param>
/// <param name="Message">A whole message; null when none was due.</param>
public sealed record ReceiptAnswer(ReceiptOutcome Outcome, ReadOnlySequence<byte>? Message)
{
    /// <summary>Addresses that the message goes to: those of <see cref="ReceiptOutcome.Recipients"/> that can stand in a header.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>The message that asked was encrypted.</summary>
    public bool WasEncrypted { get; init; }
}
