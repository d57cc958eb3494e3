using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Protection;

/// <summary>
/// The keys of a node by the names that its configuration gives them: on tokens by label, in memory by name. A name stands
/// for one key; nothing is ever done with another one instead. Immutable and thread-safe.
/// </summary>
/// <param name="tokens">Null: there is none.</param>
/// <param name="onTokens">Certificates (DER) of the keys on tokens, by label.</param>
/// <param name="inMemory">By name.</param>
public sealed class KeyRing(TokenDirectory? tokens, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> onTokens, IReadOnlyDictionary<string, SoftwareKeyPair> inMemory)
{
    public static KeyRing Empty { get; } = new(null, new Dictionary<string, ReadOnlyMemory<byte>>(), new Dictionary<string, SoftwareKeyPair>());

    /// <summary>Whether a certificate of one of these keys is named.</summary>
    internal bool Owns(SignerIdentifier name) => onTokens.Values.Concat(inMemory.Values.Select(p => p.Certificate)).Any(name.NamesChecked);

    /// <summary>The key that signs.</summary>
    /// <param name="name">Its name or label.</param>
    /// <param name="digest">Null: what goes with the key.</param>
    /// <param name="level">Work for it waits with that of this level.</param>
    /// <exception cref="KeyUnavailableException">There is no such key, or no token that has it works.</exception>
    public ISigningKey Signing(string name, DigestAlgorithm? digest, Precedence level) =>
        inMemory.TryGetValue(name, out var pair) ? pair.Signing(digest) : OnToken(name, digest is null ? null : new HashAlgorithmName(digest.Name.ToUpperInvariant()), level);

    /// <summary>The key that signs, for somebody who keeps it: whether its token works shows when it signs.</summary>
    /// <param name="name">Its name or label.</param>
    /// <param name="level">Work for it waits with that of this level.</param>
    /// <exception cref="KeyUnavailableException">There is no such key.</exception>
    public ISigningKey SigningAtAnyTime(string name, Precedence level) => inMemory.TryGetValue(name, out var pair)
        ? pair.Signing(null)
        : tokens is not null && onTokens.TryGetValue(name, out var certificate) ? tokens.Key(name, certificate).At(level) : throw new KeyUnavailableException($"There is no key {name}.");

    /// <summary>The key that opens.</summary>
    /// <param name="name">Its name or label.</param>
    /// <param name="level">Work for it waits with that of this level.</param>
    /// <exception cref="KeyUnavailableException">There is no such key, or no token that has it works.</exception>
    public IDecryptionKey Opening(string name, Precedence level) => inMemory.TryGetValue(name, out var pair) ? pair.Opening : OnToken(name, null, level);

    private TokenKey OnToken(string label, HashAlgorithmName? digest, Precedence level)
    {
        if (tokens is null || !onTokens.TryGetValue(label, out var certificate)) throw new KeyUnavailableException($"There is no key {label}.");
        // Who would wait for a token that is known to be away holds memory, a session or a place in a window all that time.
        if (tokens.WhyAway(label) is { } reason) throw new KeyUnavailableException($"The key {label} can't be used: {reason}.");
        return tokens.Key(label, certificate, digest).At(level);
    }
}
