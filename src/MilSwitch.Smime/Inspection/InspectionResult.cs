using System.Collections.Immutable;
using MilSwitch.Domain.Labelling;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// What came of an inspection: the verdict for programs, the report for people and for <c>--json</c>. Holds the plaintext of
/// opened layers until it is disposed. Immutable.
/// </summary>
public sealed class InspectionResult : IDisposable
{
    private readonly IReadOnlyList<IDisposable> held;

    private readonly Lazy<InspectionReport> report;

    internal InspectionResult(IReadOnlyList<IDisposable> held, IdentityReport identity, Func<InspectionReport> report)
    {
        this.held = held;
        this.report = new Lazy<InspectionReport>(report);
        Identity = identity;
    }

    public required InspectionVerdict Verdict { get; init; }

    /// <summary>Each once.</summary>
    public required ImmutableArray<Reason> Reasons { get; init; }

    /// <summary>Certificate of the signer on whom the verdict rests; null unless the verdict is valid or an identity was judged.</summary>
    public Certificate? Signer { get; init; }

    /// <summary>The layers with their MIME entities; null for a CMS object without a message around it.</summary>
    public LayerWalk? Walk { get; init; }

    /// <summary>
    /// Labels in the signed attributes of signers that count: beside one who is believed, one who is not says nothing. What stands
    /// there and is no label, or stands there more than once, is among them with octets that can't be read.
    /// </summary>
    public ImmutableArray<FoundLabel> SignedLabels { get; init; } = [];

    /// <summary>It is one CMS signature by itself over <see cref="InspectionOptions.DetachedContent"/>: not over content of its own, and no message.</summary>
    public bool IsDetached { get; init; }

    /// <summary>The layers at the root with what they came to, outermost first.</summary>
    internal ImmutableArray<(Layer Layer, LayerFinding Finding)> RootLayers { get; init; } = [];

    /// <summary>Who stands in From, and whether that is who signed.</summary>
    internal IdentityReport Identity { get; }

    /// <summary>Made when it is asked for the first time, which has to be before the end of this.</summary>
    public InspectionReport Report => report.Value;

    public void Dispose()
    {
        foreach (var one in held) one.Dispose();
    }
}
