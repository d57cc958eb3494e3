using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>May the domain sign it? Only what its originator is known for (RFC 3183 §3.2).</summary>
internal sealed class SigningStep : IPipelineStep
{
    public string Name => "sign";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Boundary.Sign is not { } sign) return Ruling.Skip(Name, "nothing is signed here");
        var why = passage switch
        {
            { IsOwn: true } => "the switch made it",
            { IsSignedWell: true } => "its signatures are good: " + string.Join(", ", passage.Opened!.Signature.Signers),
            { Envelope.Origin.AuthenticatedAs: { } identity } when MayWrite(passage, identity) => $"it was submitted by {identity}, who may write as its author",
            { Boundary: { Peers.IsEmpty: false } } => "it came from a peer of this boundary",
            { Boundary.SignUnauthenticated: true } => "nobody vouches for its originator, and this boundary signs all the same",
            _ => null,
        };
        return why is null
            ? Ruling.Hold(Name, 0, "nobody vouches for its originator, so the domain may not sign it", ("key", sign.Key))
            : Ruling.Go(Name, ("key", sign.Key), ("role", sign.SignatureType ?? "none"), ("because", why));
    }

    // An account that may write as anybody says nothing of the author.
    private static bool MayWrite(Passage passage, string account) =>
        passage.Configuration.AccountAddresses.TryGetValue(account, out var own) && passage.Authors?.AreOf(own) is true;
}
