using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;

namespace MilSwitch.Smime.Protection;

/// <summary>The signature that settings of the switch ask for. Pure.</summary>
internal static class DepartureSignature
{
    /// <param name="sign">With which key, and how.</param>
    /// <param name="ring">Has it.</param>
    /// <param name="least">How the header is protected where the settings do not ask for that.</param>
    /// <param name="labels">What it says about the label; null: nothing.</param>
    /// <param name="precedence">Work with the key waits with that of this level.</param>
    /// <param name="now">The signing time.</param>
    /// <exception cref="Keys.KeyUnavailableException">The key can't be used now.</exception>
    public static SignatureSettings Of(DepartureSigning sign, KeyRing ring, ProtectionScheme least, DepartureLabels? labels, Precedence precedence, DateTimeOffset now) => new()
    {
        Label = labels?.Label is { } label ? EssLabel.Read(label) : null,
        EquivalentLabels = labels is null ? [] : [.. labels.Equivalents.Select(EssLabel.Read)],
        Signers = [ring.Signer(sign.Key, Digest(sign.Digest), precedence)],
        Format = sign.Opaque ? SignatureFormat.Opaque : SignatureFormat.Clear,
        SigningTime = now,
        SignatureTypes = sign.SignatureType switch
        {
            "originator" => [SignatureType.Originator],
            "domain" => [SignatureType.Domain],
            "attribute" => [SignatureType.AdditionalAttributes],
            "review" => [SignatureType.Review],
            _ => [],
        },
        ReceiptRequest = sign.ReceiptRequest.IsEmpty ? null : ReceiptRequest.Read(sign.ReceiptRequest),
        HeaderProtection = sign.HeaderProtection is HeaderProtection.None ? least : Scheme(sign.HeaderProtection),
    };

    internal static ProtectionScheme Scheme(HeaderProtection protection) => protection switch
    {
        HeaderProtection.Rfc9788 => ProtectionScheme.Rfc9788,
        HeaderProtection.Rfc8551 => ProtectionScheme.Rfc8551,
        _ => ProtectionScheme.None,
    };

    internal static DigestAlgorithm? Digest(string? name) => name switch
    {
        "sha256" => DigestAlgorithm.Sha256,
        "sha384" => DigestAlgorithm.Sha384,
        "sha512" => DigestAlgorithm.Sha512,
        _ => null,
    };
}
