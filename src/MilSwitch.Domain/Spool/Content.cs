namespace MilSwitch.Domain.Spool;

/// <summary>
/// Takes one message's content as it arrives: in memory up to 64 KiB, then streamed to the store, so that a message of
/// any size costs constant memory. One writer, not thread-safe. Disposing before <see cref="CompleteAsync"/> forgets it.
/// </summary>
public interface IContentWriter : IAsyncDisposable
{
    long Length { get; }

    /// <summary>Throws <see cref="SpoolUnavailableException"/> when the volume does not take it.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default);

    /// <summary>Ends the content; what is on disk is synced before the task ends. The writer must not be used afterwards.</summary>
    ValueTask<StagedContent> CompleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>
/// A whole content that no message names yet. Hand it to a commit, or dispose it; whoever committed it still disposes it,
/// which then only returns memory.
/// </summary>
public abstract class StagedContent : IAsyncDisposable
{
    /// <summary>Octets.</summary>
    public abstract long Length { get; }

    /// <summary>SHA-256 of all octets.</summary>
    public abstract ReadOnlyMemory<byte> Digest { get; }

    /// <summary>The first 256 KiB, or all octets of a shorter content.</summary>
    public abstract ReadOnlyMemory<byte> Head { get; }

    /// <summary>The octets are stored beside the message and not in a file of their own.</summary>
    public abstract bool IsInline { get; }

    /// <summary>
    /// Reads the octets as they came, from memory; null when they are no longer all there. Good until this is disposed; the
    /// reader's own end gives nothing back.
    /// </summary>
    public virtual ContentReader? ReadFromMemory() => Head.Length == Length ? ContentReader.Of(Head) : null;

    /// <summary>Reads the octets as they came, from wherever they are. The caller ends the reader before this.</summary>
    /// <exception cref="SpoolUnavailableException">The volume does not give them.</exception>
    public abstract ValueTask<ContentReader> OpenAsync(CancellationToken cancellationToken = default);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A stored content, open for reading once from its start.</summary>
public abstract class ContentReader : IAsyncDisposable
{
    public abstract long Length { get; }

    /// <summary>All octets when they are in memory, else null.</summary>
    public abstract ReadOnlyMemory<byte>? Inline { get; }

    /// <summary>Fills the buffer as far as it can; 0 at the end.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public abstract ValueTask DisposeAsync();

    /// <summary>A reader over octets that are in memory.</summary>
    public static ContentReader Of(ReadOnlyMemory<byte> octets) => new Memory(octets);

    private sealed class Memory(ReadOnlyMemory<byte> octets) : ContentReader
    {
        private int position;

        public override long Length => octets.Length;

        public override ReadOnlyMemory<byte>? Inline => octets;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, octets.Length - position);
            octets.Slice(position, count).CopyTo(buffer);
            position += count;
            return new ValueTask<int>(count);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>The store can't take more at the moment; nothing was accepted.</summary>
public sealed class SpoolUnavailableException(SpoolHealth health, Exception? inner = null) : Exception($"The spool is {health}.", inner)
{
    public SpoolHealth Health { get; } = health;

    /// <summary>For the person who asked.</summary>
    public string Reason => Health switch
    {
        SpoolHealth.Full => "the store is full",
        SpoolHealth.Broken => "the store is broken: a sync failed",
        _ => "the store can't be written",
    };
}
