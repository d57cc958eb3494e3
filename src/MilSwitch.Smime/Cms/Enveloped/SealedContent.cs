namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>A DER object in three parts, so that a large body is never copied: it is what follows each other. Immutable.</summary>
/// <param name="Prefix">Up to the encrypted octets.</param>
/// <param name="Body">The encrypted octets, where the content was.</param>
/// <param name="Suffix">What follows them.</param>
public readonly record struct SealedContent(ReadOnlyMemory<byte> Prefix, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Suffix)
{
    public long Length => (long)Prefix.Length + Body.Length + Suffix.Length;

    /// <summary>In one piece.</summary>
    public byte[] ToArray()
    {
        var whole = new byte[checked((int)Length)];
        Prefix.Span.CopyTo(whole);
        Body.Span.CopyTo(whole.AsSpan(Prefix.Length));
        Suffix.Span.CopyTo(whole.AsSpan(Prefix.Length + Body.Length));
        return whole;
    }
}
