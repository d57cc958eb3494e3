using System.Collections.Immutable;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Inspection;

/// <summary>
/// The layers of a message with what each came to. What they mean together is for others to say: <see cref="MessageInspector"/>
/// for people, a boundary for itself. Holds the plaintext of opened layers until it is disposed. Immutable.
/// </summary>
internal sealed class MessageLayers : IDisposable
{
    private readonly IReadOnlyList<IDisposable> held;

    public MessageLayers(LayerWalk walk, CmsOpener opener, bool isMessage)
    {
        Walk = walk;
        IsMessage = isMessage;
        All = Place(walk, opener);
        Root = [.. All.Where(l => l.Layer.IsAtRoot)];
        held = opener.Release();
    }

    /// <summary>Of an object by itself: of what a message without fields would hold.</summary>
    public LayerWalk Walk { get; }

    /// <summary>False: it is a CMS object by itself.</summary>
    public bool IsMessage { get; }

    public IReadOnlyList<(Layer Layer, LayerFinding Finding)> All { get; }

    /// <summary>Those at the root, outermost first.</summary>
    public ImmutableArray<(Layer Layer, LayerFinding Finding)> Root { get; }

    /// <summary>Gives the plaintext into other hands; this must not be disposed then.</summary>
    public IReadOnlyList<IDisposable> Held => held;

    public void Dispose()
    {
        foreach (var one in held) one.Dispose();
    }

    // What could only be known when all layers were: which signature is the inner one, and what contradicts its own name.
    private static List<(Layer Layer, LayerFinding Finding)> Place(LayerWalk walk, CmsOpener opener)
    {
        var all = new List<(Layer Layer, LayerFinding Finding)>(walk.Layers.Length);
        foreach (var layer in walk.Layers) all.Add((layer, opener[layer.Part]));
        for (var i = 1; i < all.Count; i++)
        {
            if (all[i].Layer.IsAtRoot && EmptySignature.IsWithin(all[i - 1].Finding, all[i])) all[i] = all[i] with { Finding = EmptySignature.Accept(all[i].Finding) };
        }

        var last = all.FindLastIndex(IsSigned);
        var isOnly = last < 0 || all.FindIndex(IsSigned) == last;
        for (var i = 0; i < all.Count; i++)
        {
            var (layer, finding) = all[i];
            if (!isOnly && IsSigned(all[i]))
                finding = finding with { Signers = [.. finding.Signers.Select(s => Placed(s, finding.Signed!.ContentType, i == last ? SignatureLayer.Inner : SignatureLayer.Outer))] };
            if (layer.ContradictsClaim && finding.Type is not LayerType.Malformed) finding = finding with { Reasons = finding.Reasons.Add(Reason.Malformed) };
            all[i] = (layer, finding);
        }

        return all;
    }

    private static bool IsSigned((Layer Layer, LayerFinding Finding) one) => one.Layer.IsAtRoot && one.Finding.IsSignature;

    private static SignerFinding Placed(SignerFinding signer, string contentType, SignatureLayer layer) =>
        AttributePlacement.Violations(signer.Info, contentType, layer).Count is 0 || signer.Reasons.Contains(Reason.AttributePlacement)
            ? signer
            : signer with { Reasons = signer.Reasons.Add(Reason.AttributePlacement) };
}
