using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Protection;

/// <summary>
/// Verifies, opens, signs and encrypts messages for the switch, which knows nothing of formats and keys. Thread-safe. Work
/// with keys is done in the order of precedence. Never throws for what is in a message or for a key that is away: the outcome
/// says so, and nothing goes on unprotected in its place.
/// </summary>
public interface IMessageProtection
{
    /// <summary>Looks at a message that came in, before it is accepted.</summary>
    /// <param name="content">All octets, with CRLF line ends; good until the task ends.</param>
    /// <param name="settings">What the listener asks for.</param>
    /// <param name="precedence">The message's level.</param>
    /// <param name="cancellationToken">The client went away.</param>
    ValueTask<ArrivalOutcome> ExamineAsync(
        ReadOnlyMemory<byte> content, ArrivalProtection settings, Precedence precedence, CancellationToken cancellationToken);

    /// <summary>Makes the octets that leave in one attempt.</summary>
    /// <param name="content">All octets as they were accepted, with CRLF line ends; good until the task ends.</param>
    /// <param name="settings">What the route asks for.</param>
    /// <param name="recipients">For whom this copy is.</param>
    /// <param name="labels">What a signature says about the label; null: nothing.</param>
    /// <param name="precedence">Their level.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<DepartureOutcome> ProtectAsync(
        ReadOnlyMemory<byte> content, DepartureProtection settings, ImmutableArray<Mailbox> recipients, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken);
}
