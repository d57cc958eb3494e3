using System.Collections.Frozen;
using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>What may be opened, and with which secrets besides keys of certificates. Immutable.</summary>
public sealed record OpeningOptions
{
    public static OpeningOptions Default { get; } = new();

    /// <summary>What a suite accepts, as object identifiers. The size of one's own key is not judged.</summary>
    public static OpeningOptions For(AlgorithmSuite suite) => new()
    {
        AllowLegacy = suite.Accepting.ContentCiphers.Overlaps(["3des-cbc", "rc2-cbc"]),
        Accepted = suite.Accepting.ContentCiphers.Select(Cipher).Concat(suite.Accepting.KeyManagement.SelectMany(m => Ways(m.Key, m.Value))).ToFrozenSet(StringComparer.Ordinal),
    };

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

    private static string Cipher(string name) => name switch
    {
        "aes128-gcm" => EnvelopedOids.Aes128Gcm,
        "aes192-gcm" => EnvelopedOids.Aes192Gcm,
        "aes256-gcm" => EnvelopedOids.Aes256Gcm,
        "aes128-cbc" => EnvelopedOids.Aes128Cbc,
        "aes192-cbc" => EnvelopedOids.Aes192Cbc,
        "aes256-cbc" => EnvelopedOids.Aes256Cbc,
        "3des-cbc" => EnvelopedOids.TripleDesCbc,
        "rc2-cbc" => EnvelopedOids.Rc2Cbc,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no cipher has this name"),
    };

    // With the wraps that go with each: a suite that has AES-256 only names no smaller ones.
    private static IEnumerable<string> Ways(string way, int least) => way switch
    {
        "rsa-oaep" => [EnvelopedOids.RsaesOaep],
        "rsa-pkcs1" => [EnvelopedOids.RsaEncryption],
        "ecdh" =>
        [
            EnvelopedOids.EcdhSha1, EnvelopedOids.EcdhSha224, EnvelopedOids.EcdhSha256, EnvelopedOids.EcdhSha384, EnvelopedOids.EcdhSha512, EnvelopedOids.CofactorEcdhSha1,
            EnvelopedOids.CofactorEcdhSha224, EnvelopedOids.CofactorEcdhSha256, EnvelopedOids.CofactorEcdhSha384, EnvelopedOids.CofactorEcdhSha512, .. Wraps(128),
        ],
        "x25519" => [EnvelopedOids.EcdhHkdfSha256, EnvelopedOids.EcdhHkdfSha384, EnvelopedOids.EcdhHkdfSha512, .. Wraps(128)],
        "kek" => Wraps(least),
        "password" => [EnvelopedOids.PwriKek],
        "ml-kem" => [.. new[] { (512, EnvelopedOids.MlKem512), (768, EnvelopedOids.MlKem768), (1024, EnvelopedOids.MlKem1024) }.Where(k => k.Item1 >= least).Select(k => k.Item2), .. Wraps(least >= 1024 ? 256 : 128)],
        _ => throw new ArgumentOutOfRangeException(nameof(way), way, "no way has this name"),
    };

    private static IEnumerable<string> Wraps(int least) => new[] { (128, EnvelopedOids.Aes128Wrap), (192, EnvelopedOids.Aes192Wrap), (256, EnvelopedOids.Aes256Wrap) }.Where(w => w.Item1 >= least).Select(w => w.Item2);
}
