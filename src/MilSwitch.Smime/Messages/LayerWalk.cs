using System.Collections.Immutable;

namespace MilSwitch.Smime.Messages;

/// <summary>
/// The layers of a message from the root outwards in (RFC 8551 §3.7), and what stands elsewhere. Only what is at the root
/// protects the message: signatures below it are opened, so that they can be judged for what they are; encrypted parts below
/// it never are (threat C8: their text could be drawn into what surrounds them). Immutable.
/// </summary>
public sealed record LayerWalk
{
    private LayerWalk(MimeEntity root) => Root = root;

    /// <summary>The message.</summary>
    public MimeEntity Root { get; }

    /// <summary>Outermost first; those at the root before the others.</summary>
    public ImmutableArray<Layer> Layers { get; private init; } = [];

    /// <summary>
    /// The Cryptographic Payload (RFC 9788 §1): what the layers at the root hold. The message itself when there are none;
    /// null when the innermost one could not be opened or holds no MIME entity.
    /// </summary>
    public MimeEntity? Payload { get; private init; }

    /// <summary>Of everything that is at the root or in the payload.</summary>
    public MimeAmbiguity Ambiguity { get; private init; }

    public MimeFault Fault { get; private init; }

    /// <summary>There is an encrypted part below the root; it was not opened.</summary>
    public bool HasEncryptedBelowRoot { get; private init; }

    /// <summary>A part below the root is signed, and the message is not.</summary>
    public bool IsPartiallySigned { get; private init; }

    /// <summary>A multipart/signed at the root that is none: other than two parts, or no signature at its end.</summary>
    public bool HasBrokenSigned { get; private init; }

    public bool IsSigned => Layers.Any(l => l is { IsAtRoot: true, Type: LayerType.Signed });

    public bool IsEncrypted => Layers.Any(l => l is { IsAtRoot: true, Type: LayerType.Encrypted or LayerType.AuthEncrypted });

    /// <summary>Walks a message.</summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="opener">Opens the CMS objects.</param>
    /// <param name="budget">For all layers together.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    public static async Task<LayerWalk> WalkAsync(ReadOnlyMemory<byte> message, ILayerOpener opener, MimeBudget budget, CancellationToken cancellationToken = default)
    {
        var root = MimeEntity.Read(message, budget);
        var walk = new LayerWalk(root) { Fault = root.Fault };
        var layers = ImmutableArray.CreateBuilder<Layer>();
        var ambiguity = MimeAmbiguity.None;
        var payload = root;
        while (payload is not null && walk.Fault is MimeFault.None && SmimePart.Recognise(payload) is { Kind: SmimeKind.ClearSigned or SmimeKind.Opaque } claim)
        {
            ambiguity |= payload.Ambiguity;
            // The octets of the signature are read as well.
            if (claim.Kind is SmimeKind.ClearSigned && payload.Parts.Length > 1) ambiguity |= payload.Parts[^1].TreeAmbiguity;
            if (claim.Kind is SmimeKind.ClearSigned && !SmimePart.IsWellFormedSigned(payload))
            {
                walk = walk with { HasBrokenSigned = true };
                break;
            }

            var (layer, inside, fault) = await OpenAsync(payload, claim, opener, budget, layers.Count, isAtRoot: true, cancellationToken).ConfigureAwait(false);
            // By name alone a file becomes no message: one that is no CMS object is an attachment.
            if (claim.IsByNameOnly && layer.Type is LayerType.Malformed) break;
            layers.Add(layer);
            payload = inside;
            walk = walk with { Fault = fault };
        }

        walk = walk with { Payload = payload, Ambiguity = ambiguity | (payload?.TreeAmbiguity ?? MimeAmbiguity.None) };
        if (payload is not null && walk.Fault is MimeFault.None) walk = await WalkPartsAsync(walk, payload, layers, opener, budget, cancellationToken).ConfigureAwait(false);
        walk = walk with { Layers = layers.ToImmutable() };
        return walk with { IsPartiallySigned = !walk.IsSigned && walk.Layers.Any(l => l is { IsAtRoot: false, Type: LayerType.Signed }) };
    }

    private static async Task<LayerWalk> WalkPartsAsync(
        LayerWalk walk, MimeEntity payload, ImmutableArray<Layer>.Builder layers, ILayerOpener opener, MimeBudget budget, CancellationToken cancellationToken)
    {
        var waiting = new Queue<MimeEntity>(payload.Parts);
        while (walk.Fault is MimeFault.None && waiting.TryDequeue(out var entity))
        {
            if (SmimePart.Recognise(entity) is not { Kind: SmimeKind.ClearSigned or SmimeKind.Opaque } claim || (claim.Kind is SmimeKind.ClearSigned && !SmimePart.IsWellFormedSigned(entity)))
            {
                foreach (var part in entity.Parts) waiting.Enqueue(part);
                continue;
            }

            if (claim.Claim is SmimeClaim.EnvelopedData or SmimeClaim.AuthEnvelopedData)
            {
                walk = walk with { HasEncryptedBelowRoot = true };
                continue;
            }

            var (layer, inside, fault) = await OpenAsync(entity, claim, opener, budget, layers.Count, isAtRoot: false, cancellationToken).ConfigureAwait(false);
            if (claim.IsByNameOnly && layer.Type is LayerType.Malformed) continue;
            // The claim may hide it (no smime-type, or another one).
            if (layer.Type is LayerType.Encrypted or LayerType.AuthEncrypted)
            {
                walk = walk with { HasEncryptedBelowRoot = true };
                continue;
            }

            layers.Add(layer);
            walk = walk with { Fault = fault };
            if (inside is not null) waiting.Enqueue(inside);
        }

        return walk;
    }

    private static async ValueTask<(Layer Layer, MimeEntity? Inside, MimeFault Fault)> OpenAsync(
        MimeEntity entity, SmimePart claim, ILayerOpener opener, MimeBudget budget, int index, bool isAtRoot, CancellationToken cancellationToken)
    {
        var isClear = claim.Kind is SmimeKind.ClearSigned;
        var cms = (isClear ? entity.Parts[1] : entity).Decode();
        var found = new FoundLayer(entity.Number, claim, cms, isClear ? entity.Parts[0].Octets : default(ReadOnlyMemory<byte>?)) { IsAtRoot = isAtRoot };
        var opened = await opener.OpenAsync(found, cancellationToken).ConfigureAwait(false);
        var layer = new Layer(index, entity.Number, opened.Type, isAtRoot, Contradicts(claim, opened.Type), entity);
        if (isClear) return (layer, opened.Type is LayerType.Signed ? entity.Parts[0] : null, MimeFault.None);
        if (opened.Content is not { } content || (opened.IsEncrypted && !isAtRoot)) return (layer, null, MimeFault.None);
        if (entity.Depth + 1 >= budget.Depth) return (layer, null, MimeFault.TooDeep);
        // What a layer holds is taken from the budget of the message, so that layers multiply nothing.
        if (!budget.TryTake(content.Length)) return (layer, null, MimeFault.TooLarge);
        var inside = MimeEntity.Read(content, budget, entity.Number + ".1", entity.Depth + 1);
        return (layer, inside, inside.Fault);
    }

    private static bool Contradicts(SmimePart claim, LayerType type) => claim.Kind is SmimeKind.ClearSigned
        ? type is not LayerType.Signed
        : claim.Claim switch
        {
            SmimeClaim.SignedData => type is not LayerType.Signed,
            SmimeClaim.EnvelopedData => type is not LayerType.Encrypted,
            SmimeClaim.AuthEnvelopedData => type is not LayerType.AuthEncrypted,
            SmimeClaim.CompressedData => type is not LayerType.Compressed,
            SmimeClaim.CertsOnly => type is not LayerType.CertsOnly,
            SmimeClaim.SignedReceipt => type is not LayerType.Receipt,
            _ => false,
        };
}
