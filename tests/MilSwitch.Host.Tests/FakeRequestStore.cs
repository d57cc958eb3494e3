using System.Collections.Concurrent;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>What a shared store knows of requests, in memory.</summary>
public sealed class FakeRequestStore : IRequestStore
{
    private readonly ConcurrentDictionary<(string, string), (byte[] Fingerprint, RequestAnswer? Answer)> known = new();

    /// <summary>What every key is; null: what it is.</summary>
    public RequestState? Always { get; set; }

    public bool Away { get; set; }

    public ValueTask<RequestClaim> ClaimRequestAsync(string caller, string key, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken = default)
    {
        Reach();
        if (Always is { } state) return ValueTask.FromResult(new RequestClaim(state));
        if (known.TryAdd((caller, key), (fingerprint.ToArray(), null))) return ValueTask.FromResult(new RequestClaim(RequestState.Taken));
        var found = known[(caller, key)];
        return ValueTask.FromResult(
            !fingerprint.Span.SequenceEqual(found.Fingerprint) ? new RequestClaim(RequestState.Differs)
            : found.Answer is null ? new RequestClaim(RequestState.UnderWay) : new RequestClaim(RequestState.Answered, found.Answer));
    }

    public ValueTask CompleteRequestAsync(string caller, string key, RequestAnswer answer, CancellationToken cancellationToken = default)
    {
        Reach();
        known[(caller, key)] = known[(caller, key)] with { Answer = answer };
        return default;
    }

    public ValueTask AbandonRequestAsync(string caller, string key, CancellationToken cancellationToken = default)
    {
        Reach();
        known.TryRemove((caller, key), out _);
        return default;
    }

    private void Reach()
    {
        if (Away) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
    }
}
