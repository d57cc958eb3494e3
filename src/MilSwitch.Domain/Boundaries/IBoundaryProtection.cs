using System.Collections.Immutable;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Boundaries;

/// <summary>
/// Takes the protection off messages at a boundary and tells what it was. Thread-safe. Never throws for what is in a message or
/// for a key that is away. Plaintext is in the result and nowhere else.
/// </summary>
public interface IBoundaryProtection
{
    /// <param name="content">All octets, with CRLF line ends; good until the task ends.</param>
    /// <param name="settings">Which keys, and whom to believe.</param>
    /// <param name="precedence">Work with keys is done in the order of levels.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<OpeningOutcome> OpenAsync(ReadOnlyMemory<byte> content, BoundaryOpening settings, Precedence precedence, CancellationToken cancellationToken);

    /// <summary>Puts another outer signature around a message whose inner layers stay as they are (RFC 2634 §1.1).</summary>
    /// <param name="content">What <see cref="OpenAsync"/> left of a triple wrap.</param>
    /// <param name="signing">With which key.</param>
    /// <param name="kept">What else goes around it; null: nothing.</param>
    /// <param name="labels">What the signature says about the label; null: nothing.</param>
    /// <param name="precedence">As above.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<DepartureOutcome> WrapAgainAsync(
        ReadOnlyMemory<byte> content, DepartureSigning signing, KeptLayers? kept, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken);
}
