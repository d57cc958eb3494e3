using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Inspection;

/// <summary>How a message is judged. Immutable; the caches in it are shared and thread-safe.</summary>
public sealed record InspectionOptions
{
    /// <summary>What is believed in.</summary>
    public required TrustMaterial Trust { get; init; }

    /// <summary>As of when.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Algorithms and key sizes that are accepted.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;

    public RevocationMode Revocation { get; init; }

    /// <summary>Ours: encrypted layers at the root are opened with them.</summary>
    public IReadOnlyList<IDecryptionKey> Keys { get; init; } = [];

    /// <summary>Shared keys, a password, and limits of opening. What is accepted follows from <see cref="Suite"/>.</summary>
    public OpeningOptions Opening { get; init; } = OpeningOptions.Default;

    /// <summary>
    /// Encryption without a code over the content (CBC) is not good enough: anybody on the way could have changed it (threat C8).
    /// </summary>
    public bool RequireAuthenticatedEncryption { get; init; }

    /// <summary>What a CMS object without content covers; null: nothing is at hand. Messages bring their own.</summary>
    public ReadOnlyMemory<byte>? DetachedContent { get; init; }

    /// <summary>By which labels are checked, named and compared; without the policy of a label its form alone is.</summary>
    public PolicySet Policies { get; init; } = PolicySet.Empty;

    public CmsBounds Bounds { get; init; } = CmsBounds.Default;

    /// <summary>Makes the budget of one message.</summary>
    public Func<MimeBudget> Budget { get; init; } = static () => new MimeBudget();

    /// <summary>Where path verdicts are kept; null: each is judged anew.</summary>
    public PathVerdictCache? PathVerdicts { get; init; }

    /// <summary>The verdict on a certificate, from <see cref="PathVerdicts"/> where there is one.</summary>
    internal PathVerdict Judge(Certificate certificate, PathOptions options) => PathVerdicts?.Judge(certificate, options) ?? PathJudge.Judge(certificate, options);
}
