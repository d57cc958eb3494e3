using System.Collections.Concurrent;
using System.Collections.Immutable;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Protection;

/// <summary>Lets other nodes work with the keys on this node's tokens. Thread-safe.</summary>
public sealed class KeyHost(TokenDirectory tokens, KeyRing ring) : IKeyHost
{
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(5);

    private volatile Keys keys = new(tokens, ring);

    /// <summary>Takes over other keys.</summary>
    public void Use(KeyRing next) => keys = new Keys(tokens, next);

    public ImmutableArray<KeyOffer> Offers
    {
        get
        {
            var offers = ImmutableArray.CreateBuilder<KeyOffer>();
            foreach (var (label, fingerprint) in keys.Fingerprints)
            {
                if (tokens.LoadOf(label) is { } load) offers.Add(new KeyOffer(label, fingerprint, load));
            }

            return offers.ToImmutable();
        }
    }

    public async ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience)
    {
        if (!keys.Fingerprints.TryGetValue(request.Label, out var own)) return KeyOutcome.Away("this node has no such key");
        if (own != request.Certificate) return KeyOutcome.Away($"the key {request.Label} has another certificate here");
        if (tokens.LoadOf(request.Label) is null) return KeyOutcome.Away($"no token can use the key {request.Label} now");
        try
        {
            var wait = patience > MostPatience ? MostPatience : patience;
            return KeyOutcome.Done(await tokens.DoHereAsync(request.Precedence, keys.Find(request.Label), request.Operation, wait).ConfigureAwait(false));
        }
        catch (KeyUnavailableException fault)
        {
            return KeyOutcome.Away(fault.Message);
        }
        catch (Exception fault) when (fault is NotSupportedException or CmsFormatException)
        {
            return KeyOutcome.NotOffered(fault.Message);
        }
    }

    private sealed class Keys(TokenDirectory tokens, KeyRing ring)
    {
        private readonly ConcurrentDictionary<string, TokenKeyIdentity> identities = new(StringComparer.Ordinal);

        public ImmutableDictionary<string, string> Fingerprints { get; } = ring.OnTokens.ToImmutableDictionary(p => p.Key, p => TokenKeyIdentity.FingerprintOf(p.Value.Span), StringComparer.Ordinal);

        // A session finds a key once for each identity.
        public TokenKeyIdentity Find(string label) =>
            identities.GetOrAdd(label, static (label, source) => source.tokens.Key(label, source.ring.OnTokens[label]).Identity, (tokens, ring));
    }
}
