using System.Buffers;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.PostgreSql;

/// <summary>A whole content: in pooled memory, as far as there is room for it, and in chunks when it is no row.</summary>
/// <param name="store">Where the chunks are.</param>
/// <param name="octets">Belongs to this from now on.</param>
/// <param name="contentId">0: the content goes into a row.</param>
/// <param name="chunks">How many chunks it has.</param>
internal sealed class StagedChunks(ChunkStore store, BufferedOctets octets, long contentId, int chunks) : BufferedContent(octets)
{
    public long ContentId => contentId;

    public int Chunks => chunks;

    /// <summary>How and where it is stored.</summary>
    public ContentKind Kind => ContentKinds.Of(IsInline, IsSealed);

    public override bool IsInline => contentId == 0;

    protected override ValueTask<ContentReader> OpenStoredAsync(SealInUse? seal, CancellationToken cancellationToken) =>
        new(new ChunkContentReader(default, store, contentId, Length, DigestOctets, seal));

    protected override ValueTask ForgetAsync()
    {
        if (contentId != 0) store.Forget(contentId);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Takes a content in; what is too long for a row goes ahead in chunks.</summary>
internal sealed class ChunkContentWriter(ChunkStore store, RetentionBudget retention, ContentSeal seal) : BufferedContentWriter(retention, ChunkStore.InlineLimit, seal)
{
    private byte[]? buffer;
    private int filled;
    private long contentId;
    private int chunks;

    protected override ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        contentId = store.NewId();
        buffer = ArrayPool<byte>.Shared.Rent(ChunkStore.ChunkSize);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask StoreAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        while (!octets.IsEmpty)
        {
            var count = Math.Min(octets.Length, ChunkStore.ChunkSize - filled);
            octets.Span[..count].CopyTo(buffer.AsSpan(filled));
            filled += count;
            octets = octets[count..];
            if (filled == ChunkStore.ChunkSize) await SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    protected override async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (filled > 0) await SendAsync(cancellationToken).ConfigureAwait(false);
        GiveBack();
    }

    protected override ValueTask ForgetAsync()
    {
        GiveBack();
        if (chunks > 0) store.Forget(contentId);
        return ValueTask.CompletedTask;
    }

    protected override StagedContent Staged(BufferedOctets octets, bool isInline) => new StagedChunks(store, octets, contentId, chunks);

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        // Counted first: a try that failed may have happened.
        await store.AddAsync(contentId, chunks++, buffer.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
        filled = 0;
    }

    private void GiveBack()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } pooled) ArrayPool<byte>.Shared.Return(pooled);
    }
}

/// <summary>A content in chunks. One reader, not thread-safe; it holds no session between two of them.</summary>
internal sealed class ChunkContentReader(Domain.Messages.MessageId id, ChunkStore store, long contentId, long length, byte[] digest, SealInUse? seal)
    : StoredContentReader(id, length, digest, seal)
{
    private byte[]? chunk;
    private int there;
    private int taken;
    private int next;

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref chunk, null) is { } pooled) ArrayPool<byte>.Shared.Return(pooled);
        return base.DisposeAsync();
    }

    protected override async ValueTask FillAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            if (taken == there)
            {
                chunk ??= ArrayPool<byte>.Shared.Rent(ChunkStore.ChunkSize);
                there = await store.ReadAsync(contentId, next++, chunk, cancellationToken).ConfigureAwait(false);
                if (there == 0) throw new ContentDamagedException(Id);
                taken = 0;
            }

            var count = Math.Min(buffer.Length, there - taken);
            chunk.AsSpan(taken, count).CopyTo(buffer.Span);
            taken += count;
            buffer = buffer[count..];
        }
    }
}
