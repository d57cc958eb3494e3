using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Mime;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Protection;

/// <summary>The verdict on a message in the words of RFC 7281 §3. Immutable.</summary>
/// <param name="Word">One of <c>pass fail none policy neutral temperror permerror</c>.</param>
/// <param name="Reason">For people; empty: none.</param>
/// <param name="Properties">Names and values after RFC 7281 §3.2.</param>
public sealed record SignatureResult(string Word, string Reason, ImmutableArray<(string Name, string Value)> Properties)
{
    private const string Part = "body.smime-part";

    /// <summary>Signed, and to be believed.</summary>
    public bool IsPass => Word is "pass";

    /// <summary>For all that can be seen, nobody signed it.</summary>
    public bool IsUnsigned { get; private init; }

    /// <summary>On whose behalf the signature that passed is: <c>originator</c>, <c>domain</c>, <c>review</c>, <c>attribute</c>; null: none passed.</summary>
    public string? Role { get; private init; }

    /// <summary>What is said about a message that did not open, or must not be known to have opened.</summary>
    public static SignatureResult Closed { get; } = new("neutral", "the message is encrypted", []) { IsUnsigned = true };

    public static SignatureResult Of(InspectionResult inspection) => inspection.Verdict switch
    {
        InspectionVerdict.Valid => new("pass", "", Signer(inspection)) { Role = RoleOf(inspection) },
        InspectionVerdict.Unsigned => new("none", "", []) { IsUnsigned = true },
        InspectionVerdict.Undecryptable when !IsSigned(inspection) => Closed,
        InspectionVerdict.Partial => new("policy", Codes(inspection), []),
        InspectionVerdict.Invalid => new(WordFor(inspection.Reasons), Codes(inspection), Signer(inspection)),
        _ => new(inspection.Reasons.Any(r => r is Verdicts.Reason.TooDeep or Verdicts.Reason.TooLarge) ? "permerror" : "neutral", Codes(inspection), []),
    };

    /// <summary>Of signatures that a boundary believes, in the name of the one on whom that rests.</summary>
    /// <param name="walk">The message.</param>
    /// <param name="from">Every address in From.</param>
    /// <param name="signer">That one's certificate.</param>
    /// <param name="role">On whose behalf it signed.</param>
    public static SignatureResult Believed(LayerWalk walk, ImmutableArray<string> from, Certificate signer, SignerRole role) =>
        new("pass", "", Signer(walk, from, signer)) { Role = role.ToString().ToLowerInvariant() };

    /// <summary>The whole fields, each ending in CRLF: the result, and the signer's role where there is one.</summary>
    public byte[] Write(string authservId) =>
        [.. AuthenticationResults.Write(authservId, "smime", Word, Reason, [.. Properties]), .. Role is null ? [] : SignatureRoleField.Write(Role)];

    // Of the one on whom the verdict rests, nearest to the content. A role that nobody knows is not the originator's.
    private static string? RoleOf(InspectionResult inspection) => inspection.Signer is not { } signer ? null : inspection.RootLayers.Reverse()
        .SelectMany(l => l.Finding.Signers).Where(s => s.IsGood && signer.Equals(s.Certificate))
        .Select(s => s.Info.SignedAttributes.CountOf(AttributeTypes.SignatureType) is 0 ? "originator" : LayerReports.Types(s.Info).Select(SignatureType.Text).FirstOrDefault(t => t is not null)).FirstOrDefault();

    // What is wrong with the signature itself comes before what is wrong with the signer's standing.
    private static string WordFor(ImmutableArray<Reason> reasons)
    {
        if (Has(Verdicts.Reason.SignatureInvalid, Verdicts.Reason.DigestMismatch, Verdicts.Reason.SignedAttributesInvalid)) return "fail";
        if (Has(Verdicts.Reason.Malformed, Verdicts.Reason.Unsupported, Verdicts.Reason.DuplicateAttribute, Verdicts.Reason.AlgorithmMismatch)) return "neutral";
        if (Has(Verdicts.Reason.NoSigner, Verdicts.Reason.ChainIncomplete)) return "permerror";
        if (Has(Verdicts.Reason.CertExpired, Verdicts.Reason.CertNotYetValid, Verdicts.Reason.CertRevoked, Verdicts.Reason.UntrustedRoot)) return "fail";
        return Has(Verdicts.Reason.RevocationUnknown) ? "temperror" : "policy";

        bool Has(params ReadOnlySpan<Reason> any)
        {
            foreach (var one in any)
            {
                if (reasons.Contains(one)) return true;
            }

            return false;
        }
    }

    private static string Codes(InspectionResult inspection) => string.Join(' ', inspection.Reasons.Take(4).Select(r => r.Text()));

    private static bool IsSigned(InspectionResult inspection) => inspection.Walk is { IsSigned: true };

    // RFC 7281 §3.2.3: serial and issuer where no address is known, both or neither.
    private static ImmutableArray<(string Name, string Value)> Signer(InspectionResult inspection) =>
        // The one on whom the verdict rests: others may have signed beside it, or inside of what was forwarded, and prove nothing.
        inspection.Signer is { } signer ? Signer(inspection.Walk, inspection.Identity.From, signer) : [];

    private static ImmutableArray<(string Name, string Value)> Signer(LayerWalk? walk, ImmutableArray<string> from, Certificate signer)
    {
        var properties = ImmutableArray.CreateBuilder<(string, string)>();
        var address = signer.MailAddresses.FirstOrDefault(a => from.Contains(a, StringComparer.OrdinalIgnoreCase)) ?? signer.MailAddresses.FirstOrDefault();
        if (address is not null) properties.Add(("body.smime-identifier", address));
        else
        {
            properties.Add(("body.smime-serial", signer.SerialText));
            properties.Add(("body.smime-issuer", signer.Issuer.ToString()));
        }

        if (walk is not null && Section(walk) is { } section) properties.Add((Part, section));
        return properties.ToImmutable();
    }

    // RFC 7281 §3.2.1: the section of each object that is around the signature, and its own.
    private static string? Section(LayerWalk walk)
    {
        var sections = new List<string>();
        var last = walk.Layers.LastOrDefault(l => l is { IsAtRoot: true, Type: LayerType.Signed });
        foreach (var layer in walk.Layers.Where(l => l.IsAtRoot))
        {
            sections.Add(layer.Entity.MediaType.IsMultipart ? "2" : "1");
            if (layer == last) return string.Join('/', sections);
        }

        return null;
    }
}
