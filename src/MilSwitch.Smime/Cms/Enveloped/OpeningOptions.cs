namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>What may be opened, and with which secrets besides keys of certificates. Immutable.</summary>
public sealed record OpeningOptions
{
    public static OpeningOptions Default { get; } = new();

    /// <summary>3DES and RC2, for reading old mail.</summary>
    public bool AllowLegacy { get; init; }

    /// <summary>
    /// Object identifiers of the ciphers, key transports, agreements, mechanisms and wraps that are acceptable; null: all that
    /// are known.
    /// </summary>
    public IReadOnlySet<string>? Accepted { get; init; }

    /// <summary>Keys that both sides share.</summary>
    public IReadOnlyList<KeyEncryptionKey> SharedKeys { get; init; } = [];

    /// <summary>UTF-8; empty: password recipients are left alone, since trying one costs what the sender says (threat C7).</summary>
    public ReadOnlyMemory<byte> Password { get; init; }

    /// <summary>Iterations of PBKDF2 that a message may demand.</summary>
    public int MaximumIterations { get; init; } = 1_000_000;

    /// <summary>Recipients that name us which are tried: one message must not occupy a key at will.</summary>
    public int MaximumAttempts { get; init; } = 4;

    /// <summary>Where our own certificates are parsed.</summary>
    public RecipientCertificateCache Certificates { get; init; } = new();
}
