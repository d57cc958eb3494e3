using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Configuration;

/// <summary>The keys of a node: <c>tokens</c> and <c>keys</c> of the file. Immutable.</summary>
public sealed record KeyConfiguration
{
    public static KeyConfiguration None { get; } = new();

    public ImmutableArray<TokenOptions> Tokens { get; init; } = [];

    /// <summary>Certificates (DER) of the keys on tokens, of this node or of others, by label.</summary>
    public ImmutableDictionary<string, ReadOnlyMemory<byte>> OnTokens { get; init; } = ImmutableDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>Labels of the keys that only other nodes' tokens have.</summary>
    public ImmutableHashSet<string> Elsewhere { get; init; } = [];

    /// <summary>Keys in memory, by name.</summary>
    public ImmutableDictionary<string, SoftwareKeyPair> InMemory { get; init; } = ImmutableDictionary<string, SoftwareKeyPair>.Empty;

    /// <summary>What keys are for, by name or label; one that is not here is for anything.</summary>
    public ImmutableDictionary<string, KeyRole> Roles { get; init; } = ImmutableDictionary<string, KeyRole>.Empty;

    /// <summary>Certificate of a key by name or label; null: there is no such key.</summary>
    public ReadOnlyMemory<byte>? Find(string name) =>
        OnTokens.TryGetValue(name, out var certificate) ? certificate : InMemory.TryGetValue(name, out var pair) ? pair.Certificate : default(ReadOnlyMemory<byte>?);

    /// <summary>The tokens are those of the other one, and are worked with in the same way.</summary>
    public bool HasTokensOf(KeyConfiguration other) => Tokens.Select(Describe).SequenceEqual(other.Tokens.Select(Describe), StringComparer.Ordinal);

    private static string Describe(TokenOptions token) => string.Create(
        CultureInfo.InvariantCulture,
        $"{token.Name}|{token.Library}|{token.Label}|{token.Serial}|{token.PinFile}|{token.Sessions}|{token.Deadline}|{token.CallLimit}|{token.PollInterval}|{token.ReinitialiseInterval}|{token.RawRsa}|{string.Join(',', token.Keys)}");
}
