using System.Buffers;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A whole content: in pooled memory, as far as there is room for it, and in a synced file when it is no row.</summary>
internal sealed class SpooledContent : StagedContent
{
    private readonly ContentFiles files;
    private readonly ContentSeal seal;
    private readonly long length;
    private readonly int headLength;
    private readonly byte[] digest;
    private readonly RetainedPieces pieces;
    private readonly byte[]? sealedRow;
    private byte[]? buffer;
    private volatile bool committed;

    /// <param name="files">Where the file is.</param>
    /// <param name="seal">What is stored is sealed by it, where it seals.</param>
    /// <param name="buffer">Rented; belongs to this from now on.</param>
    /// <param name="headLength">Octets in it.</param>
    /// <param name="pieces">What came behind the head, when it is kept; belongs to this from now on.</param>
    /// <param name="length">Octets of all.</param>
    /// <param name="digest">SHA-256 of all.</param>
    /// <param name="fileName">Null: the content goes into a row.</param>
    /// <param name="sealedRow">What goes into the row when it is not the content itself; rented, belongs to this from now on.</param>
    public SpooledContent(
        ContentFiles files, ContentSeal seal, byte[] buffer, int headLength, RetainedPieces pieces, long length, byte[] digest, string? fileName, byte[]? sealedRow)
    {
        this.files = files;
        this.seal = seal;
        this.sealedRow = sealedRow;
        this.buffer = buffer;
        this.headLength = headLength;
        this.pieces = pieces;
        this.length = length;
        this.digest = digest;
        FileName = fileName;
    }

    public string? FileName { get; }

    /// <summary>How and where it is stored.</summary>
    public ContentKind Kind => (FileName is not null, seal.Seals) switch
    {
        (false, false) => ContentKind.Inline,
        (false, true) => ContentKind.SealedInline,
        (true, false) => ContentKind.File,
        (true, true) => ContentKind.SealedFile,
    };

    /// <summary>What goes into the row of an inline content.</summary>
    public ReadOnlySpan<byte> Row => sealedRow is null ? Head.Span : sealedRow.AsSpan(0, (int)ContentSeal.SealedLength(length));

    public override long Length => length;

    public override ReadOnlyMemory<byte> Digest => digest;

    public override ReadOnlyMemory<byte> Head =>
        (buffer ?? throw new ObjectDisposedException(nameof(StagedContent))).AsMemory(0, headLength);

    public override bool IsInline => FileName is null;

    public override ContentReader? ReadFromMemory() =>
        headLength == length || headLength + pieces.Length < length ? base.ReadFromMemory() : new PiecesReader(Head, pieces, length);

    public override ValueTask<ContentReader> OpenAsync(CancellationToken cancellationToken = default)
    {
        if (ReadFromMemory() is { } inMemory) return new ValueTask<ContentReader>(inMemory);
        try
        {
            var file = File.OpenHandle(files.PathOf(FileName!), options: FileOptions.SequentialScan | FileOptions.Asynchronous);
            return new ValueTask<ContentReader>(new FileContentReader(default, file, length, digest, seal.Seals ? seal : null));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            files.Report(error);
            throw new SpoolUnavailableException(SpoolHealth.Unwritable, error);
        }
    }

    /// <summary>A row names the file now, so disposing leaves it.</summary>
    public void Keep() => committed = true;

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref buffer, null) is not { } pooled) return ValueTask.CompletedTask;
        ArrayPool<byte>.Shared.Return(pooled);
        if (sealedRow is not null) ArrayPool<byte>.Shared.Return(sealedRow);
        pieces.Release();
        if (FileName is not null && !committed) files.Remove(FileName);
        return ValueTask.CompletedTask;
    }

    private sealed class PiecesReader(ReadOnlyMemory<byte> head, RetainedPieces pieces, long length) : ContentReader
    {
        private long position;

        public override long Length => length;

        public override ReadOnlyMemory<byte>? Inline => null;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var filled = 0;
            while (filled < buffer.Length && position < length)
            {
                var rest = position < head.Length ? head[(int)position..] : pieces.From(position - head.Length);
                var count = Math.Min(rest.Length, buffer.Length - filled);
                rest[..count].CopyTo(buffer[filled..]);
                filled += count;
                position += count;
            }

            return new ValueTask<int>(filled);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
