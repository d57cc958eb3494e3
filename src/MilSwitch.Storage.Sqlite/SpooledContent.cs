using System.Buffers;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A whole content: all of it in pooled memory, or its beginning there and all of it in a synced file.</summary>
internal sealed class SpooledContent : StagedContent
{
    private readonly ContentFiles files;
    private readonly long length;
    private readonly int headLength;
    private readonly byte[] digest;
    private byte[]? buffer;
    private volatile bool committed;

    public SpooledContent(ContentFiles files, byte[] buffer, int headLength, long length, byte[] digest, string? fileName)
    {
        this.files = files;
        this.buffer = buffer;
        this.headLength = headLength;
        this.length = length;
        this.digest = digest;
        FileName = fileName;
    }

    /// <summary>Null: the content goes into a row.</summary>
    public string? FileName { get; }

    public override long Length => length;

    public override ReadOnlyMemory<byte> Digest => digest;

    public override ReadOnlyMemory<byte> Head =>
        (buffer ?? throw new ObjectDisposedException(nameof(StagedContent))).AsMemory(0, headLength);

    /// <summary>A row names the file now, so disposing leaves it.</summary>
    public void Keep() => committed = true;

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref buffer, null) is not { } pooled) return ValueTask.CompletedTask;
        ArrayPool<byte>.Shared.Return(pooled);
        if (FileName is not null && !committed) files.Remove(FileName);
        return ValueTask.CompletedTask;
    }
}
