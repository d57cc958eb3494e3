using System.Collections.Concurrent;
using System.Collections.Frozen;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Inspection;

/// <summary>The names of suites as the object identifiers that messages carry, and back. Thread-safe.</summary>
public static class SuiteAlgorithms
{
    private static readonly FrozenDictionary<string, string> CipherNames = new Dictionary<string, string>
    {
        [EnvelopedOids.Aes128Gcm] = "aes128-gcm", [EnvelopedOids.Aes192Gcm] = "aes192-gcm", [EnvelopedOids.Aes256Gcm] = "aes256-gcm",
        [EnvelopedOids.Aes128Cbc] = "aes128-cbc", [EnvelopedOids.Aes192Cbc] = "aes192-cbc", [EnvelopedOids.Aes256Cbc] = "aes256-cbc",
        [EnvelopedOids.TripleDesCbc] = "3des-cbc", [EnvelopedOids.Rc2Cbc] = "rc2-cbc",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly (string Name, int Size, string[] Algorithms)[] KeyManagement =
    [
        ("rsa-oaep", int.MaxValue, [EnvelopedOids.RsaesOaep]),
        ("rsa-pkcs1", int.MaxValue, [EnvelopedOids.RsaEncryption]),
        ("ecdh", int.MaxValue, Agreements),
        ("x25519", int.MaxValue, Agreements),
        ("password", int.MaxValue, [EnvelopedOids.PwriKek]),
        ("kek", 128, [EnvelopedOids.Aes128Wrap]),
        ("kek", 192, [EnvelopedOids.Aes192Wrap]),
        ("kek", 256, [EnvelopedOids.Aes256Wrap]),
        ("ml-kem", 512, [EnvelopedOids.MlKem512]),
        ("ml-kem", 768, [EnvelopedOids.MlKem768]),
        ("ml-kem", 1024, [EnvelopedOids.MlKem1024]),
    ];

    private static readonly ConcurrentDictionary<AlgorithmSuite, FrozenSet<string>> Sets = new();

    private static string[] Agreements =>
    [
        EnvelopedOids.EcdhSha1, EnvelopedOids.EcdhSha224, EnvelopedOids.EcdhSha256, EnvelopedOids.EcdhSha384, EnvelopedOids.EcdhSha512,
        EnvelopedOids.CofactorEcdhSha1, EnvelopedOids.CofactorEcdhSha224, EnvelopedOids.CofactorEcdhSha256, EnvelopedOids.CofactorEcdhSha384, EnvelopedOids.CofactorEcdhSha512,
        EnvelopedOids.EcdhHkdfSha256, EnvelopedOids.EcdhHkdfSha384, EnvelopedOids.EcdhHkdfSha512,
    ];

    /// <summary>As it is shown: <c>aes256-gcm</c>; the object identifier itself for ciphers that are not known.</summary>
    public static string CipherName(string algorithm) => CipherNames.GetValueOrDefault(algorithm, algorithm);

    /// <summary>The same options, opening only what the suite accepts.</summary>
    public static OpeningOptions Limit(OpeningOptions options, AlgorithmSuite suite) => options with
    {
        AllowLegacy = suite.Accepting.ContentCiphers.Contains("3des-cbc"),
        Accepted = options.Accepted ?? Sets.GetOrAdd(suite, Accepted),
    };

    private static FrozenSet<string> Accepted(AlgorithmSuite suite) => CipherNames.Where(c => suite.Accepting.ContentCiphers.Contains(c.Value)).Select(c => c.Key)
        .Concat(KeyManagement.Where(k => suite.Accepting.KeyManagement.TryGetValue(k.Name, out var least) && k.Size >= least).SelectMany(k => k.Algorithms))
        .ToFrozenSet(StringComparer.Ordinal);
}
