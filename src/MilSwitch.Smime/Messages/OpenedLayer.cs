namespace MilSwitch.Smime.Messages;

/// <summary>What a CMS object turned out to be.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Content">The MIME entity inside; null when it could not be had, is detached, or is no MIME entity (a receipt).</param>
public sealed record OpenedLayer(LayerType Type, ReadOnlyMemory<byte>? Content)
{
    public bool IsEncrypted => Type is LayerType.Encrypted or LayerType.AuthEncrypted;
}
