using System.Text;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Switching.Tests;

/// <summary>Stands in for keys and formats at a boundary: what it is told is what was found. Thread-safe.</summary>
internal sealed class FakeBoundary : IBoundaryProtection
{
    /// <summary>A message that came in clear and was signed well by its originator.</summary>
    public static OpenedMessage Good(string text) => new()
    {
        Content = Encoding.UTF8.GetBytes(text), Signature = new SignatureFacts(SignatureState.Good, "", SignerRole.Originator, ["originator a@red.test"]), Encryption = EncryptionState.None,
    };

    /// <summary>Asked with the content.</summary>
    public Func<string, OpeningOutcome> Opening { get; set; } = text => new OpeningOutcome.Read(Good(text));

    public ValueTask<OpeningOutcome> OpenAsync(ReadOnlyMemory<byte> content, BoundaryOpening settings, Precedence precedence, CancellationToken cancellationToken) =>
        new(Opening(Encoding.UTF8.GetString(content.Span)));

    public ValueTask<DepartureOutcome> WrapAgainAsync(
        ReadOnlyMemory<byte> content, DepartureSigning signing, KeptLayers? kept, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken) =>
        new(new DepartureOutcome.Protected(Encoding.UTF8.GetBytes("X-Wrapped: again\r\n" + Encoding.UTF8.GetString(content.Span)), []));
}
