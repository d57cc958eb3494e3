using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Protection;

/// <summary>
/// The keys of a node by the names that its configuration gives them: on tokens by label, in memory by name. A name stands
/// for one key; nothing is ever done with another one instead. Immutable and thread-safe.
/// </summary>
/// <param name="tokens">Null: there is none.</param>
/// <param name="onTokens">Certificates (DER) of the keys on tokens, of this node or others, by label.</param>
/// <param name="inMemory">By name.</param>
/// <param name="workers">Do the work of the keys in memory; null: who asks does it.</param>
public sealed class KeyRing(
    TokenDirectory? tokens, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> onTokens, IReadOnlyDictionary<string, SoftwareKeyPair> inMemory, KeyWorkers? workers = null)
{
    // To read a certificate's key takes as long as to sign.
    private readonly ConcurrentDictionary<(string Name, string Digest, Precedence Level), CmsSigner> signers = new();
    private readonly ConcurrentDictionary<(string Label, string Digest), TokenKey> tokenKeys = new();

    public static KeyRing Empty { get; } = new(null, new Dictionary<string, ReadOnlyMemory<byte>>(), new Dictionary<string, SoftwareKeyPair>());

    /// <summary>Certificates (DER) of the keys on tokens, by label.</summary>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> OnTokens => onTokens;

    /// <summary>Whether a certificate of one of these keys is named.</summary>
    /// <param name="name">Of a certificate.</param>
    /// <param name="among">Names of keys; default: all.</param>
    internal bool Owns(SignerIdentifier name, ImmutableArray<string> among) =>
        among.IsDefault ? Owns(name) : among.Any(k => (onTokens.TryGetValue(k, out var token) && name.NamesChecked(token)) || (inMemory.TryGetValue(k, out var pair) && name.NamesChecked(pair.Certificate)));

    private bool Owns(SignerIdentifier name) => onTokens.Values.Concat(inMemory.Values.Select(p => p.Certificate)).Any(name.NamesChecked);

    /// <summary>The key that signs.</summary>
    /// <param name="name">Its name or label.</param>
    /// <param name="digest">Null: what goes with the key.</param>
    /// <param name="level">Work for it waits with that of this level.</param>
    /// <exception cref="KeyUnavailableException">There is no such key, or no token that has it works.</exception>
    public ISigningKey Signing(string name, DigestAlgorithm? digest, Precedence level) =>
        inMemory.TryGetValue(name, out var pair) ? InTurn(pair.Signing(digest), level) : OnToken(name, digest is null ? null : new HashAlgorithmName(digest.Name.ToUpperInvariant()), level);

    /// <summary>The key that signs, for somebody who keeps it: whether its token works shows when it signs.</summary>
    /// <param name="name">Its name or label.</param>
    /// <param name="level">Work for it waits with that of this level.</param>
    /// <exception cref="KeyUnavailableException">There is no such key.</exception>
    public ISigningKey SigningAtAnyTime(string name, Precedence level) => inMemory.TryGetValue(name, out var pair)
        ? InTurn(pair.Signing(null), level)
        : tokens is not null && onTokens.TryGetValue(name, out var certificate) ? tokens.Key(name, certificate).At(level) : throw new KeyUnavailableException($"There is no key {name}.");

    /// <summary>The key that signs, with what is the same in each of its signatures.</summary>
    /// <inheritdoc cref="Signing"/>
    public CmsSigner Signer(string name, DigestAlgorithm? digest, Precedence level)
    {
        // Asked for each time: a token may be away now.
        var key = Signing(name, digest, level);
        return signers.GetOrAdd((name, digest?.Name ?? "", level), static (_, key) => new CmsSigner(key), key);
    }

    /// <summary>There is a key of that name, wherever it may be now.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>
    /// The key that opens, asked for when there is something for it to open: a message that needs no key does not wait for one.
    /// </summary>
    /// <inheritdoc cref="Opening"/>
    public IDecryptionKey Opener(string name, Precedence level) => new LateKey(this, name, level, Find(name) ?? throw new KeyUnavailableException($"There is no key {name}."));

    /// <summary>The key that opens.</summary>
    /// <param name="name">Its name or label.</param>
    /// <param name="level">Work for it waits with that of this level.</param>
    /// <exception cref="KeyUnavailableException">There is no such key, or no token that has it works.</exception>
    public IDecryptionKey Opening(string name, Precedence level) =>
        !inMemory.TryGetValue(name, out var pair) ? OnToken(name, null, level) : workers is null ? pair.Opening : new WorkedDecryptionKey(pair.Opening, workers, level);

    private ISigningKey InTurn(ISigningKey key, Precedence level) => workers is null ? key : new WorkedSigningKey(key, workers, level);

    private ReadOnlyMemory<byte>? Find(string name) =>
        inMemory.TryGetValue(name, out var pair) ? pair.Certificate : onTokens.TryGetValue(name, out var certificate) ? certificate : default(ReadOnlyMemory<byte>?);

    private TokenKey OnToken(string label, HashAlgorithmName? digest, Precedence level)
    {
        if (tokens is null || !onTokens.TryGetValue(label, out var certificate)) throw new KeyUnavailableException($"There is no key {label}.");
        // Who would wait for a token that is known to be away holds memory, a session or a place in a window all that time.
        if (tokens.WhyAway(label, certificate) is { } reason) throw new KeyUnavailableException($"The key {label} can't be used: {reason}.");
        return tokenKeys.GetOrAdd((label, digest?.Name ?? ""), static (_, wanted) => wanted.tokens.Key(wanted.label, wanted.certificate, wanted.digest), (tokens, label, certificate, digest)).At(level);
    }

    private sealed class LateKey(KeyRing ring, string name, Precedence level, ReadOnlyMemory<byte> certificate) : IDecryptionKey
    {
        public ReadOnlyMemory<byte> Certificate => certificate;

        public ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default) =>
            ring.Opening(name, level).UnwrapAsync(algorithm, encryptedKey, keyLength, cancellationToken);

        public ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) =>
            ring.Opening(name, level).AgreeAsync(subjectPublicKeyInfo, cancellationToken);

        public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) =>
            ring.Opening(name, level).DecapsulateAsync(ciphertext, cancellationToken);
    }
}
