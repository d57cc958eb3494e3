using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Is it signed by somebody who is believed, and who may speak for its originator?</summary>
internal sealed class VerifyStep : IPipelineStep
{
    public string Name => "verify";

    public StepDecision Decide(Passage passage)
    {
        if (passage.IsOwn) return Ruling.Skip(Name, "the switch made it");
        if (passage.Opened is not { } opened) return Ruling.Hold(Name, 0, "its signature could not be judged");
        var signature = opened.Signature;
        (string, string)[] inputs =
        [
            ("signature", signature.State.ToString().ToLowerInvariant()), ("signers", signature.Signers.IsEmpty ? "none" : string.Join(", ", signature.Signers)),
            ("required", passage.Boundary.RequireSignature ? "yes" : "no"), ("roles", passage.Boundary.Opening.Signers.ToString().ToLowerInvariant()),
        ];
        // Outside, whoever could not be opened and whoever is not believed look the same (threat C9); the reason is the operator's.
        return signature.State switch
        {
            SignatureState.Good when (signature.Roles & passage.Boundary.Opening.Signers) is not SignerRole.None => Ruling.Go(Name, inputs),
            SignatureState.Good => Ruling.Hold(Name, 0, "nobody of those who may sign for this boundary signed it", inputs),
            SignatureState.Bad => Ruling.Hold(Name, 0, $"its signature is not to be believed: {signature.Reason}", inputs),
            // What did not open may hold a signature: the next step says so.
            _ when opened.Encryption is EncryptionState.Closed or EncryptionState.ForOthers => Ruling.Go(Name, inputs),
            _ when passage.Boundary.RequireSignature && passage.Report is not { Decision.IsBelieved: true } => Ruling.Hold(Name, 0, "nobody signed it, and this boundary asks for a signature", inputs),
            _ => Ruling.Go(Name, inputs),
        };
    }
}
