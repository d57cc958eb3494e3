using System.Collections.Immutable;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Protection;

/// <summary>The keys on this node's tokens, for the other nodes of its cluster. Thread-safe.</summary>
public interface IKeyHost
{
    /// <summary>Keys that can be used at this moment.</summary>
    ImmutableArray<KeyOffer> Offers { get; }

    /// <summary>Does it on a token of this node, and never asks another one. Throws nothing.</summary>
    ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience);
}

/// <summary>The keys on tokens of other nodes. Thread-safe; looking costs nothing that waits.</summary>
public interface IKeyPeers
{
    /// <summary>Nodes have had the time to tell what they have.</summary>
    bool IsSettled { get; }

    /// <summary>A node that is there has the key at this moment.</summary>
    /// <param name="label">The key's label.</param>
    /// <param name="certificate"><see cref="KeyRequest.Certificate"/>.</param>
    bool Offers(string label, string certificate);

    /// <summary>
    /// Has it done by the node that has least to do, and by another one when that one is lost or fails. Throws nothing.
    /// </summary>
    /// <param name="request">What to do.</param>
    /// <param name="patience">After it nobody waits any more.</param>
    ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience);
}

/// <param name="Label">The key's label.</param>
/// <param name="Certificate">SHA-256 of its certificate, in hexadecimal: keys of one label with different certificates are different keys.</param>
/// <param name="Precedence">Work for it waits with that of this level.</param>
public sealed record KeyRequest(string Label, string Certificate, Precedence Precedence, KeyOperation Operation);

/// <param name="Load">Operations that wait for its token or are under way.</param>
public readonly record struct KeyOffer(string Label, string Certificate, int Load);

/// <param name="Result">What came of it, which may be nothing; only of <see cref="KeyOutcomeKind.Done"/>.</param>
/// <param name="Reason">In a sentence for the watch, never a secret.</param>
public sealed record KeyOutcome(KeyOutcomeKind Kind, byte[]? Result, string Reason)
{
    public static KeyOutcome Done(byte[]? result) => new(KeyOutcomeKind.Done, result, "");

    public static KeyOutcome Away(string reason) => new(KeyOutcomeKind.Away, null, reason);

    public static KeyOutcome NotOffered(string reason) => new(KeyOutcomeKind.NotOffered, null, reason);
}

/// <summary>Numbers that nodes say to each other: never changed.</summary>
public enum KeyOutcomeKind : byte
{
    Done = 0,

    /// <summary>The key can't be used there now; another node, or a later time, may do it.</summary>
    Away = 1,

    /// <summary>The token does not do this with the key: nor will it later.</summary>
    NotOffered = 2,
}
