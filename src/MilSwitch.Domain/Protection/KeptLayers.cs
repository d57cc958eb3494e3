namespace MilSwitch.Domain.Protection;

/// <summary>Layers that a boundary took off a message to look at it, and that are around it again when it leaves (RFC 3183 §3, §5). Immutable.</summary>
/// <param name="Opened">The message without them: they belong to this body and to no other.</param>
public sealed record KeptLayers(ReadOnlyMemory<byte> Opened)
{
    /// <summary>The signatures as one MIME entity, with what they cover; empty: none is kept.</summary>
    public ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>Something inside of them is encrypted, so that it may not leave without encryption.</summary>
    public bool MustEncrypt { get; init; }

    /// <summary>The mlExpansionHistory attribute of a mailing list agent (RFC 2634 §4), DER: it stands in a signature around everything; empty: there was none.</summary>
    public ReadOnlyMemory<byte> ExpansionHistory { get; init; }
}
