using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>Could the boundary look into it, and may it?</summary>
internal sealed class DecryptStep : IPipelineStep
{
    public string Name => "decrypt";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Opened is not { } opened) return Ruling.Hold(Name, 0, "it could not be read");
        (string, string)[] inputs =
        [
            ("encryption", opened.Encryption.ToString().ToLowerInvariant()), ("required", passage.Boundary.RequireEncryption ? "yes" : "no"),
            ("keys", passage.Boundary.Opening.Keys.IsEmpty ? "none" : string.Join(", ", passage.Boundary.Opening.Keys)),
            .. opened.Encryption is EncryptionState.Opened ? [("wish", opened.Wish.Word)] : Array.Empty<(string, string)>(),
        ];
        return opened.Encryption switch
        {
            // The originator's word, which nobody here can take back. What can't be read may have been a no.
            EncryptionState.Opened when opened.Wish.IsMalformed => Ruling.Hold(Name, 0, "what its originator wishes about being opened here can't be read", inputs),
            EncryptionState.Opened when opened.Wish.IsDenied => Ruling.Hold(Name, 0, "its originator does not want it to be opened here", inputs),
            EncryptionState.Opened or EncryptionState.Kept => Ruling.Go(Name, inputs),
            // One text whether it does not open or its code is missing: nobody outside learns which (threats C8, C9).
            EncryptionState.Closed => Ruling.Hold(Name, 0, "it is encrypted for this boundary and is not opened", inputs),
            EncryptionState.ForOthers => Ruling.Hold(Name, 0, "it is encrypted, and not for this boundary", inputs),
            _ when passage.Boundary.RequireEncryption && !passage.IsOwn => Ruling.Hold(Name, 0, "it did not come encrypted, and this boundary asks for that", inputs),
            _ => Ruling.Skip(Name, "it is not encrypted") with { Inputs = Ruling.Go(Name, inputs).Inputs },
        };
    }
}
