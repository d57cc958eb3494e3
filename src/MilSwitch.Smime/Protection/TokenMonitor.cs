using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Protection;

/// <summary>Tells how the tokens of a directory are, and whether other nodes have the keys that only they are to have. Thread-safe.</summary>
public sealed class TokenMonitor : ITokenMonitor
{
    /// <summary>What stands for the tokens of other nodes.</summary>
    public const string OtherNodes = "other nodes";

    private readonly TokenDirectory directory;
    private readonly Lock gate = new();
    private IReadOnlyList<(string Label, string Certificate)>? elsewhere;
    private TokenStatus others = new(OtherNodes, TokenCondition.Starting, "", default);

    /// <param name="directory">The tokens.</param>
    /// <param name="elsewhere">Certificates (DER) of keys that other nodes have, by label; null: this node depends on none.</param>
    public TokenMonitor(TokenDirectory directory, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? elsewhere = null)
    {
        this.directory = directory;
        if (elsewhere is not null) Use(elsewhere);
    }

    /// <summary>Takes over other keys of other nodes.</summary>
    public void Use(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> next) =>
        Volatile.Write(ref elsewhere, [.. next.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, TokenKeyIdentity.FingerprintOf(p.Value.Span)))]);

    public IReadOnlyList<TokenStatus> Tokens
    {
        get
        {
            var own = directory.Health.Zip(directory.Loads, (pair, load) => new TokenStatus(pair.Key, Condition(pair.Value.State), pair.Value.Reason, pair.Value.Since) { Load = load });
            return Volatile.Read(ref elsewhere) is { } keys && directory.Peers is { } peers ? [.. own, LookAt(keys, peers)] : [.. own];
        }
    }

    private TokenStatus LookAt(IReadOnlyList<(string Label, string Certificate)> keys, IKeyPeers peers)
    {
        var away = keys.Where(k => !peers.Offers(k.Label, k.Certificate)).Select(k => k.Label).ToArray();
        var (state, reason) = away.Length is 0 ? (TokenCondition.Working, "")
            : !peers.IsSettled ? (TokenCondition.Starting, "")
            : (TokenCondition.Lost, $"no node has the key{(away.Length > 1 ? "s" : "")} {string.Join(", ", away)}");
        lock (gate)
        {
            if (others.State != state || others.Since == default) others = new TokenStatus(OtherNodes, state, reason, directory.Time.GetUtcNow());
            else if (others.Reason != reason) others = others with { Reason = reason };
            return others;
        }
    }

    private static TokenCondition Condition(TokenState state) => state switch
    {
        TokenState.Starting => TokenCondition.Starting,
        TokenState.Working => TokenCondition.Working,
        TokenState.Refused => TokenCondition.Refused,
        _ => TokenCondition.Lost,
    };
}
