using System.Collections.Immutable;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>What opening a CMS object came to. Filled in by <see cref="CmsOpener"/>, judged by <see cref="MessageInspector"/>.</summary>
internal sealed record LayerFinding(LayerType Type)
{
    public ImmutableArray<Reason> Reasons { get; init; } = [];

    /// <summary>For signed, certs-only and receipt.</summary>
    public SignedData? Signed { get; init; }

    /// <summary>What the signatures cover; null when it is not at hand.</summary>
    public ContentDigests? Content { get; init; }

    public ImmutableArray<SignerFinding> Signers { get; init; } = [];

    public IReadOnlyList<RecipientInfo> Recipients { get; init; } = [];

    /// <summary>Index of the recipient whose key opened it; -1: none.</summary>
    public int OpenedBy { get; init; } = -1;

    public AlgorithmIdentifier? ContentEncryption { get; init; }

    /// <summary>Encrypted, and its content is here.</summary>
    public bool IsOpened => OpenedBy >= 0;

    /// <summary>Nobody signed it, as RFC 3183 §3 (1) has it inside of a signature on somebody's behalf: no signature, and nothing wrong.</summary>
    public bool IsEmptySignature { get; init; }

    /// <summary>It is there to be judged as a signature.</summary>
    public bool IsSignature => Type is LayerType.Signed or LayerType.Receipt && !IsEmptySignature;

    public InspectionVerdict Verdict => Type switch
    {
        _ when IsEmptySignature => InspectionVerdict.Valid,
        LayerType.Malformed => InspectionVerdict.Malformed,
        _ when !Reasons.IsEmpty && (Reasons.Contains(Reason.Malformed) || Reasons.Contains(Reason.TooDeep) || Reasons.Contains(Reason.TooLarge)) => InspectionVerdict.Malformed,
        LayerType.Signed or LayerType.Receipt => Reasons.IsEmpty && IsSignedWell ? InspectionVerdict.Valid : InspectionVerdict.Invalid,
        _ when Reasons.IsEmpty => InspectionVerdict.Valid,
        _ when Reasons.Contains(Reason.NoKey) || Reasons.Contains(Reason.DecryptFailed) || Reasons.Contains(Reason.Unsupported) => InspectionVerdict.Undecryptable,
        _ => InspectionVerdict.Invalid,
    };

    // Somebody is to be believed, and nobody's octets are false.
    private bool IsSignedWell
    {
        get
        {
            var isGood = false;
            foreach (var signer in Signers)
            {
                if (signer.IsTampered) return false;
                isGood |= signer.IsGood;
            }

            return isGood;
        }
    }

    /// <summary>Those who are believed; all of them when nobody is, so that what they say can be shown beside the verdict.</summary>
    public IEnumerable<SignerFinding> CountingSigners => Signers.Any(s => s.IsGood) ? Signers.Where(s => s.IsGood) : Signers;

    /// <summary>Of the layer and of the signers that make it what it is: one good signer suffices, unless another's octets are false.</summary>
    public IEnumerable<Reason> AllReasons => Verdict is InspectionVerdict.Valid ? [] : Reasons.Concat(Signers.SelectMany(s => s.Reasons)).Distinct();
}
