namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>How content is encrypted. What can't be had as asked is refused, never done weaker. Immutable.</summary>
public sealed record SealingOptions
{
    public static SealingOptions Default { get; } = new();

    public ContentCipherChoice Cipher { get; init; } = ContentCipherChoice.Aes256Gcm;

    public KeyTransportChoice KeyTransport { get; init; } = KeyTransportChoice.OaepSha256;

    /// <summary>Smallest RSA key that is written to.</summary>
    public int MinimumRsaBits { get; init; } = 2_048;

    /// <summary>
    /// Encoded attributes (<c>SEQUENCE { type, SET OF value }</c>) under the code, besides the content-type attribute, which is
    /// added where RFC 5083 §2.1 wants it. Only with GCM.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> AuthenticatedAttributes { get; init; } = [];

    /// <summary>Encoded attributes that nothing protects.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> UnprotectedAttributes { get; init; } = [];

    /// <summary>Iterations of PBKDF2 (HMAC-SHA-256) for passwords.</summary>
    public int PasswordIterations { get; init; } = 600_000;
}
