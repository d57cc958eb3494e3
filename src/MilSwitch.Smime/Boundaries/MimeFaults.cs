using System.Collections.Frozen;
using MilSwitch.Mime;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>
/// What of a message's form keeps a boundary from opening it: two readers could see two messages, or nobody reads it to its end
/// (threats M1, M2). Nothing is repaired. Pure.
/// </summary>
internal static class MimeFaults
{
    // RFC 5322 §3.6, and the fields that decisions rest on.
    private static readonly FrozenSet<string> Single =
        new[] { "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject", "Message-ID", "SIO-Label", "MT-Priority", "MMHS-Primary-Precedence", "MMHS-Copy-Precedence", "MMHS-Message-Type" }
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Whether comments are skipped or taken for text: the parts are the same, unless a boundary is among it.
    private const MimeAmbiguity Harmless = MimeAmbiguity.Comment;

    /// <summary>Of everything that was read of a message; null: nothing is wrong.</summary>
    public static string? Of(LayerWalk walk)
    {
        if (walk.Fault is MimeFault.TooDeep) return "it is nested deeper than is read";
        if (walk.Fault is MimeFault.TooLarge) return "it has more or larger parts than are read";
        if (walk.HasBrokenSigned) return "its multipart/signed has no signature at its end, or other than two parts";
        var layers = walk.Layers.Where(l => l.IsAtRoot).ToArray();
        if (OfLayers(layers) is { } fault) return fault;
        // Nothing at all is the rule.
        return walk.Ambiguity is MimeAmbiguity.None ? null : Of(walk.Ambiguity, layers.Select(l => l.Entity).Concat(walk.Payload?.Walk() ?? []));
    }

    /// <summary>Of the layers around an encrypted one, and of that as it stands there.</summary>
    public static string? Of(IEnumerable<Layer> layers)
    {
        var ambiguity = MimeAmbiguity.None;
        var all = layers.ToArray();
        foreach (var entity in all.Select(l => l.Entity))
        {
            ambiguity |= entity.Ambiguity;
            if (entity.MediaType.IsMultipart && entity.Parts.Length > 1) ambiguity |= entity.Parts[^1].TreeAmbiguity;
        }

        return OfLayers(all) ?? Of(ambiguity, all.Select(l => l.Entity));
    }

    /// <summary>Fields of a header that may be there once and are there twice.</summary>
    public static string? OfFields(IReadOnlyList<HeaderText> header)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in header)
        {
            if (Single.Contains(field.Name) && !seen.Add(field.Name)) return $"the field {Single.First(s => field.IsNamed(s))} is there more than once";
        }

        return null;
    }

    private static string? OfLayers(IEnumerable<Layer> layers)
    {
        foreach (var layer in layers)
        {
            if (layer.Type is LayerType.Malformed) return "a part of its protection can't be read";
            if (layer.ContradictsClaim) return "a part of its protection is not what it says";
        }

        return null;
    }

    private static string? Of(MimeAmbiguity ambiguity, IEnumerable<MimeEntity> entities)
    {
        if (entities.Any(e => e.MediaType is { IsMultipart: true } type && type.Ambiguity.HasFlag(MimeAmbiguity.Comment))) ambiguity |= MimeAmbiguity.Boundary;
        return (ambiguity & ~Harmless) is var what and not MimeAmbiguity.None ? $"it can be read in more than one way: {what}" : null;
    }
}
