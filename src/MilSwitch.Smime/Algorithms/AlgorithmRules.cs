using System.Collections.Frozen;

namespace MilSwitch.Smime.Algorithms;

/// <summary>What a suite allows in one direction. Names are those of output: <c>sha256</c>, <c>aes256-gcm</c>. Immutable.</summary>
public sealed record AlgorithmRules
{
    /// <summary>Names of message digests.</summary>
    public required FrozenSet<string> Digests { get; init; }

    /// <summary>Kinds of signatures, each with the least size of its key as in <see cref="VerificationKey.Size"/>.</summary>
    public required FrozenDictionary<SignatureFamily, int> Signatures { get; init; }

    /// <summary>Names of content ciphers.</summary>
    public required FrozenSet<string> ContentCiphers { get; init; }

    /// <summary>
    /// Ways to manage content-encryption keys, each with the least size of its key in bits (0: the name says it):
    /// <c>rsa-oaep</c>, <c>rsa-pkcs1</c>, <c>ecdh</c>, <c>x25519</c>, <c>kek</c>, <c>password</c>, <c>ml-kem</c> (the number in its name).
    /// </summary>
    public required FrozenDictionary<string, int> KeyManagement { get; init; }

    public bool Allows(DigestAlgorithm digest) => Digests.Contains(digest.Name);

    /// <summary>The kind of signature is allowed, whatever the size of its key.</summary>
    public bool Allows(SignatureFamily family) => Signatures.ContainsKey(family);

    /// <summary>The key is large enough for signatures of this kind.</summary>
    public bool Suffices(SignatureFamily family, int size) => Signatures.TryGetValue(family, out var least) && size >= least;
}
