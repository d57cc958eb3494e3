using System.Runtime.CompilerServices;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Protection;

/// <summary>How messages are judged, by whom settings believe: read once for each, for as long as the settings live. Thread-safe.</summary>
internal sealed class InspectionTable
{
    private const long LeastBudget = 16L << 20;
    private const int LayersOfBudget = 10;

    private readonly ConditionalWeakTable<ArrivalTrust, InspectionOptions> judging = [];
    private readonly ConditionalWeakTable<IReadOnlyList<RevocationList>, ConditionalWeakTable<ArrivalTrust, TrustMaterial>> withLists = [];

    /// <param name="trust">Whom to believe.</param>
    /// <param name="lists">Revocation lists beside those of the trust; the same object until one of them changes.</param>
    /// <param name="at">As of when.</param>
    /// <param name="keys">That open.</param>
    /// <param name="length">Octets of the message; its layers may cost in proportion to it.</param>
    public InspectionOptions For(ArrivalTrust trust, IReadOnlyList<RevocationList> lists, DateTimeOffset at, IReadOnlyList<IDecryptionKey> keys, int length)
    {
        var options = judging.GetValue(trust, Read);
        return options with
        {
            Trust = lists.Count is 0 ? options.Trust : withLists.GetOrCreateValue(lists).GetValue(trust, _ => With(options.Trust, lists)),
            At = at,
            Keys = keys,
            Budget = () => new MimeBudget { Decoded = LeastBudget + (LayersOfBudget * (long)length) },
        };
    }

    private static TrustMaterial With(TrustMaterial trust, IReadOnlyList<RevocationList> lists) => new(trust.Anchors, trust.Intermediates, trust.RevocationLists.Concat(lists), trust.OcspResponses);

    private static InspectionOptions Read(ArrivalTrust trust)
    {
        var suite = trust.Suite switch
        {
            "legacy" => AlgorithmSuite.Legacy,
            "cnsa2" => AlgorithmSuite.Cnsa2,
            _ => AlgorithmSuite.Default,
        };
        return new InspectionOptions
        {
            Trust = new TrustMaterial(
                trust.Anchors.Select(c => Certificate.Read(c)), trust.Certificates.Select(c => Certificate.Read(c)), trust.RevocationLists.Select(l => RevocationList.Read(l))),
            At = default,
            Suite = suite,
            Opening = SuiteAlgorithms.Limit(OpeningOptions.Default, suite),
            PathVerdicts = new PathVerdictCache(1_000, TimeSpan.FromMinutes(1)),
        };
    }
}
