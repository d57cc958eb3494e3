using System.Collections.Frozen;

namespace MilSwitch.Smime.Algorithms;

/// <summary>Algorithms that are made and accepted, as they were judged on a day. Immutable.</summary>
public sealed record AlgorithmSuite
{
    private static readonly FrozenSet<string> Sha2 = Set("sha256", "sha384", "sha512");

    /// <summary>RFC 8551 §2, with 2048 bits for RSA (RFC 8550 §4.1) and no SHA-1 (RFC 8551 §B).</summary>
    public static AlgorithmSuite Default { get; } = new()
    {
        Name = "default",
        Dated = new DateOnly(2026, 1, 1),
        Making = new AlgorithmRules
        {
            Digests = Sha2,
            Signatures = Sizes((SignatureFamily.RsaPkcs1, 2048), (SignatureFamily.RsaPss, 2048), (SignatureFamily.Ecdsa, 256), (SignatureFamily.Ed25519, 256), (SignatureFamily.MlDsa, 44)),
            ContentCiphers = Set("aes128-gcm", "aes192-gcm", "aes256-gcm", "aes128-cbc", "aes192-cbc", "aes256-cbc"),
            KeyManagement = Sizes(("rsa-oaep", 2048), ("ecdh", 256), ("x25519", 0), ("kek", 128), ("ml-kem", 512)),
        },
        Accepting = new AlgorithmRules
        {
            Digests = Sha2,
            Signatures = Sizes((SignatureFamily.RsaPkcs1, 2048), (SignatureFamily.RsaPss, 2048), (SignatureFamily.Ecdsa, 256), (SignatureFamily.Ed25519, 256), (SignatureFamily.MlDsa, 44)),
            ContentCiphers = Set("aes128-gcm", "aes192-gcm", "aes256-gcm", "aes128-cbc", "aes192-cbc", "aes256-cbc"),
            KeyManagement = Sizes(("rsa-oaep", 2048), ("rsa-pkcs1", 2048), ("ecdh", 256), ("x25519", 0), ("kek", 128), ("ml-kem", 512)),
        },
    };

    /// <summary>As <see cref="Default"/>, and reads old mail: SHA-1, RSA of 1024 bits, DSA, 3DES, RC2. It makes nothing of that.</summary>
    public static AlgorithmSuite Legacy { get; } = Default with
    {
        Name = "legacy",
        Accepting = new AlgorithmRules
        {
            Digests = Set("sha1", "sha224", "sha256", "sha384", "sha512"),
            Signatures = Sizes((SignatureFamily.RsaPkcs1, 1024), (SignatureFamily.RsaPss, 1024), (SignatureFamily.Ecdsa, 256), (SignatureFamily.Ed25519, 256), (SignatureFamily.MlDsa, 44), (SignatureFamily.Dsa, 1024)),
            ContentCiphers = Set("aes128-gcm", "aes192-gcm", "aes256-gcm", "aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc", "rc2-cbc"),
            KeyManagement = Sizes(("rsa-oaep", 1024), ("rsa-pkcs1", 1024), ("ecdh", 256), ("x25519", 0), ("kek", 128), ("password", 0), ("ml-kem", 512)),
        },
    };

    /// <summary>CNSA 2.0: ML-DSA-87, ML-KEM-1024, AES-256, SHA-384 and SHA-512, and nothing else in either direction.</summary>
    public static AlgorithmSuite Cnsa2 { get; } = new()
    {
        Name = "cnsa2",
        Dated = new DateOnly(2026, 1, 1),
        Making = Cnsa2Rules(),
        Accepting = Cnsa2Rules(),
    };

    public static IReadOnlyList<AlgorithmSuite> All { get; } = [Default, Legacy, Cnsa2];

    public required string Name { get; init; }

    /// <summary>The day on which it was judged.</summary>
    public required DateOnly Dated { get; init; }

    public required AlgorithmRules Making { get; init; }

    public required AlgorithmRules Accepting { get; init; }

    /// <summary>Null: no suite has this name.</summary>
    public static AlgorithmSuite? Find(string name) => All.FirstOrDefault(s => s.Name == name);

    private static AlgorithmRules Cnsa2Rules() => new()
    {
        Digests = Set("sha384", "sha512"),
        Signatures = Sizes((SignatureFamily.MlDsa, 87)),
        ContentCiphers = Set("aes256-gcm", "aes256-cbc"),
        KeyManagement = Sizes(("ml-kem", 1024), ("kek", 256)),
    };

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);

    private static FrozenDictionary<T, int> Sizes<T>(params (T Name, int Least)[] sizes)
        where T : notnull => sizes.ToFrozenDictionary(s => s.Name, s => s.Least);
}
