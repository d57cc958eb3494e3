using MilSwitch.Domain.Spool;

namespace MilSwitch.Domain.Operations;

/// <summary>
/// What became of requests that have a key, for all nodes over one store: whoever asks another node again must not have it
/// done twice. Thread-safe. Every method throws <see cref="SpoolUnavailableException"/> when the store does not answer.
/// </summary>
public interface IRequestStore
{
    /// <summary>Takes a key for a request that begins, unless somebody has it.</summary>
    /// <param name="caller">Whose key it is: two callers' equal keys are two keys.</param>
    /// <param name="key">As the client chose it.</param>
    /// <param name="fingerprint">Of the whole request, SHA-256.</param>
    ValueTask<RequestClaim> ClaimRequestAsync(string caller, string key, ReadOnlyMemory<byte> fingerprint, CancellationToken cancellationToken = default);

    /// <summary>Keeps the answer of a request whose key was taken here; the oldest answers go when there are too many.</summary>
    ValueTask CompleteRequestAsync(string caller, string key, RequestAnswer answer, CancellationToken cancellationToken = default);

    /// <summary>Nothing is known about the outcome of a request whose key was taken here: the key may be used again.</summary>
    ValueTask AbandonRequestAsync(string caller, string key, CancellationToken cancellationToken = default);
}

/// <summary>Who has a key.</summary>
/// <param name="Answer">With <see cref="RequestState.Answered"/>; null otherwise.</param>
public sealed record RequestClaim(RequestState State, RequestAnswer? Answer = null);

public enum RequestState : byte
{
    /// <summary>Nobody had it: the request is to be done now.</summary>
    Taken,

    /// <summary>The request was done.</summary>
    Answered,

    /// <summary>It is being done, here or on another node.</summary>
    UnderWay,

    /// <summary>The node that began it ended before it answered. Whether it was done nobody knows.</summary>
    Lost,

    /// <summary>The key belongs to another request.</summary>
    Differs,
}

/// <summary>An answer as it went out.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Type">The content's; null: there is none.</param>
/// <param name="Tag">ETag; null: none.</param>
public sealed record RequestAnswer(int Status, string? Type, string? Tag, ReadOnlyMemory<byte> Body);
