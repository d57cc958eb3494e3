namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// A signed object around a content that is not copied: prefix, content, suffix. Detached: the prefix is the whole. DER. Immutable.
/// </summary>
/// <param name="Prefix">Up to the content.</param>
/// <param name="ContentLength">Octets of content between; 0 when detached.</param>
/// <param name="Suffix">After it.</param>
public sealed record SignedParts(ReadOnlyMemory<byte> Prefix, long ContentLength, ReadOnlyMemory<byte> Suffix)
{
    public long Length => Prefix.Length + ContentLength + Suffix.Length;

    /// <summary>The whole in one piece, for small contents.</summary>
    /// <param name="content">The content; empty when detached.</param>
    public byte[] Join(ReadOnlySpan<byte> content)
    {
        if (content.Length != ContentLength) throw new ArgumentException("not the content that was signed", nameof(content));
        return [.. Prefix.Span, .. content, .. Suffix.Span];
    }
}
