using System.Text.Json.Serialization;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Switching.Serialization;

namespace MilSwitch.Switching.Cluster.Keys;

/// <summary>An operation with a key on a token of the node that this goes to. Answered with <see cref="KeyAnswer"/>.</summary>
/// <param name="Number">Chosen by the sender; the answer has it.</param>
/// <param name="Patience">Milliseconds after which nobody waits any more.</param>
public sealed record KeyOrder(
    long Number, string Label, string Certificate, Precedence Precedence, KeyOperationKind Kind, ReadOnlyMemory<byte> Input, string Digest, ReadOnlyMemory<byte> Parameters, int KeyLength,
    ReadOnlyMemory<byte> StandIn, int Patience) : IWireMessage
{
    /// <summary>More than any digest, wrapped key or public key has: no content goes this way.</summary>
    internal const int MostOctets = 4096;

    internal static KeyOrder Of(long number, KeyRequest request, TimeSpan patience) => new(
        number, request.Label, request.Certificate, request.Precedence, request.Operation.Kind, request.Operation.Input, request.Operation.Digest, request.Operation.Parameters,
        request.Operation.KeyLength, request.Operation.StandIn, (int)Math.Min(patience.TotalMilliseconds, int.MaxValue));

    /// <summary>Null: it says nothing that this version understands.</summary>
    internal KeyRequest? TryToRequest() => Label is null || Certificate is null || Digest is null || Patience <= 0 || Input.Length + Parameters.Length + StandIn.Length > MostOctets || !Enum.IsDefined(Precedence) || !Enum.IsDefined(Kind)
        ? null
        : new KeyRequest(Label, Certificate, Precedence, new KeyOperation(Kind, Input) { Digest = Digest, Parameters = Parameters, KeyLength = KeyLength, StandIn = StandIn });
}

/// <param name="Result">A signature, or an opened key for the sender alone; null: nothing came of it.</param>
public sealed record KeyAnswer(long Number, KeyOutcomeKind Kind, byte[]? Result, string Reason) : IWireMessage
{
    internal static KeyAnswer Of(long number, KeyOutcome outcome) => new(number, outcome.Kind, outcome.Result, outcome.Reason);

    [JsonIgnore]
    internal KeyOutcome Outcome => new(Enum.IsDefined(Kind) ? Kind : KeyOutcomeKind.Away, Result, Reason ?? "");

    /// <summary>Never with what was opened.</summary>
    public override string ToString() => $"KeyAnswer {Number} {Kind}";
}
