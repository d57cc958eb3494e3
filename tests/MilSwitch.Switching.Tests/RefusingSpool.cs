using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Tests;

/// <summary>A real store that refuses to be written when it is told to.</summary>
internal sealed class RefusingSpool(ISpool inner) : ISpool
{
    /// <summary>Asked about each operation, and with null about each document; what it answers is the reason to refuse.</summary>
    public Func<SpoolOperation?, SpoolHealth?>? Refuses { get; set; }

    /// <summary>Asked about each content that ends, by its length; what it answers is the reason to refuse.</summary>
    public Func<long, SpoolHealth?>? RefusesContent { get; set; }

    /// <summary>Asked each time octets of a content that is not in memory are read; what it answers is why there are none.</summary>
    public Func<SpoolHealth?>? RefusesReading { get; set; }

    /// <summary>Of each partition that is claimed: whether another node has it still.</summary>
    public Func<int, bool>? IsElsewhere { get; set; }

    /// <summary>Awaited before what is pending in a partition is read.</summary>
    public Func<int, Task>? LoadsAfter { get; set; }

    /// <summary>What was given up.</summary>
    public ConcurrentQueue<PartitionEpoch> Released { get; } = new();

    public int Run => inner.Run;

    public SpoolHealth Health => inner.Health;

    /// <summary>What it says instead of the truth; null: the truth.</summary>
    public TimeSpan? LagIs { get; set; }

    /// <summary>What it says of the free space of its volume; null: the truth.</summary>
    public long? FreeIs { get; set; }

    public TimeSpan Lag => LagIs ?? inner.Lag;

    public IContentWriter CreateContent() => new RefusingWriter(this, inner.CreateContent());

    public ValueTask<CommitResult> CommitAsync(SpoolOperation operation, Precedence precedence, CancellationToken cancellationToken = default) =>
        Refuses?.Invoke(operation) is { } health
            ? ValueTask.FromResult(new CommitResult(health == SpoolHealth.Full ? CommitStatus.Full : CommitStatus.Unwritable, []))
            : inner.CommitAsync(operation, precedence, cancellationToken);

    public ValueTask<PartitionEpoch> ClaimAsync(int partition, string owner, CancellationToken cancellationToken = default) =>
        inner.ClaimAsync(partition, owner, cancellationToken);

    public ValueTask<PartitionEpoch?> TryClaimAsync(int partition, NodeIdentity owner, CancellationToken cancellationToken = default) =>
        IsElsewhere?.Invoke(partition) is true ? ValueTask.FromResult<PartitionEpoch?>(null) : inner.TryClaimAsync(partition, owner, cancellationToken);

    public ValueTask<int> StayAsync(NodeIdentity owner, CancellationToken cancellationToken = default) => inner.StayAsync(owner, cancellationToken);

    public async ValueTask ReleaseAsync(PartitionEpoch owner, CancellationToken cancellationToken = default)
    {
        await inner.ReleaseAsync(owner, cancellationToken);
        Released.Enqueue(owner);
    }

    public async IAsyncEnumerable<PendingMessage> LoadPendingAsync(PartitionEpoch owner, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (LoadsAfter is { } after) await after(owner.Partition);
        await foreach (var message in inner.LoadPendingAsync(owner, cancellationToken)) yield return message;
    }

    public ValueTask<StoredMessage?> ReadAsync(MessageId id, CancellationToken cancellationToken = default) => inner.ReadAsync(id, cancellationToken);

    public async ValueTask<ContentReader?> OpenContentAsync(MessageId id, CancellationToken cancellationToken = default) =>
        await inner.OpenContentAsync(id, cancellationToken) is { } reader ? RefusesReading is null || reader.Inline is not null ? reader : new RefusingReader(this, reader) : null;

    public ValueTask<IReadOnlyList<StoredMessage>> QueryAsync(MessageQuery query, CancellationToken cancellationToken = default) =>
        inner.QueryAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<AuditEvent>> ReadAuditAsync(MessageId id, CancellationToken cancellationToken = default) => inner.ReadAuditAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<AuditEvent>> FindAuditAsync(ImmutableArray<MessageId> messages, AuditKind kind, CancellationToken cancellationToken = default) =>
        inner.FindAuditAsync(messages, kind, cancellationToken);

    public ValueTask PutDocumentAsync(string kind, string id, string json, CancellationToken cancellationToken = default)
    {
        if (Refuses?.Invoke(null) is { } health) throw new SpoolUnavailableException(health);
        return inner.PutDocumentAsync(kind, id, json, cancellationToken);
    }

    public ValueTask<bool> RemoveDocumentAsync(string kind, string id, CancellationToken cancellationToken = default)
    {
        if (Refuses?.Invoke(null) is { } health) throw new SpoolUnavailableException(health);
        return inner.RemoveDocumentAsync(kind, id, cancellationToken);
    }

    public ValueTask<bool> ExchangeDocumentAsync(string kind, string id, string? expected, string? json, CancellationToken cancellationToken = default)
    {
        if (Refuses?.Invoke(null) is { } health) throw new SpoolUnavailableException(health);
        return inner.ExchangeDocumentAsync(kind, id, expected, json, cancellationToken);
    }

    public ValueTask<string?> ReadDocumentAsync(string kind, string id, CancellationToken cancellationToken = default) =>
        inner.ReadDocumentAsync(kind, id, cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> ListDocumentsAsync(string kind, CancellationToken cancellationToken = default) =>
        inner.ListDocumentsAsync(kind, cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) =>
        inner.PageDocumentsAsync(kind, after, limit, cancellationToken);

    public ValueTask<long> PolicyVersionAsync(CancellationToken cancellationToken = default) => inner.PolicyVersionAsync(cancellationToken);

    public ValueTask<int> PruneAsync(DateTimeOffset messagesBefore, DateTimeOffset duplicateKeysBefore, CancellationToken cancellationToken = default) =>
        inner.PruneAsync(messagesBefore, duplicateKeysBefore, cancellationToken);

    public SpoolUsage Usage() => FreeIs is { } free ? inner.Usage() with { FreeOctets = free } : inner.Usage();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class RefusingReader(RefusingSpool spool, ContentReader inner) : ContentReader
    {
        public override long Length => inner.Length;

        public override ReadOnlyMemory<byte>? Inline => null;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            spool.RefusesReading?.Invoke() is { } health ? throw new SpoolUnavailableException(health) : inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class RefusingWriter(RefusingSpool spool, IContentWriter inner) : IContentWriter
    {
        public long Length => inner.Length;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) => inner.WriteAsync(data, cancellationToken);

        public ValueTask<StagedContent> CompleteAsync(CancellationToken cancellationToken = default) =>
            spool.RefusesContent?.Invoke(Length) is { } health ? throw new SpoolUnavailableException(health) : inner.CompleteAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
