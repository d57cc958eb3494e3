using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>Collects a content in pooled memory and, beyond the inline limit, in a file.</summary>
internal sealed class SpooledContentWriter(ContentFiles files, int inlineLimit, Func<SpoolHealth> health) : IContentWriter
{
    private const int HeadLimit = 256 << 10;
    private const int FirstBuffer = 8 << 10;
    private const int WriteBuffer = 128 << 10;

    private byte[]? head;
    private int headLength;
    private byte[]? pending;
    private int pendingLength;
    private string? name;
    private SafeFileHandle? file;
    private IncrementalHash? hash;
    private long written;
    private bool ended;

    public long Length { get; private set; }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (file is null && Length + data.Length > inlineLimit) Open();
        KeepHead(data.Span);
        if (file is not null) Append(data.Span);
        Length += data.Length;
        return ValueTask.CompletedTask;
    }

    public async ValueTask<StagedContent> CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        if (file is null)
        {
            ended = true;
            head ??= ArrayPool<byte>.Shared.Rent(1);
            var inline = new SpooledContent(files, head, headLength, Length, SHA256.HashData(head.AsSpan(0, headLength)), fileName: null);
            head = null;
            return inline;
        }

        try
        {
            Flush();
            // fsync blocks for as long as the disk likes.
            await Task.Run(Publish, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SpoolFaultException)
        {
            throw Unavailable(error);
        }

        ended = true;
        var staged = new SpooledContent(files, head!, headLength, Length, hash!.GetHashAndReset(), name);
        head = null;
        Release();
        return staged;
    }

    public ValueTask DisposeAsync()
    {
        if (ended && head is null) return ValueTask.CompletedTask;
        ended = true;
        if (head is not null) ArrayPool<byte>.Shared.Return(head);
        head = null;
        var unfinished = file is not null;
        Release();
        if (unfinished) files.RemoveUnfinished(name!);
        return ValueTask.CompletedTask;
    }

    private void KeepHead(ReadOnlySpan<byte> data)
    {
        var count = Math.Min(data.Length, HeadLimit - headLength);
        if (count <= 0) return;
        var needed = headLength + count;
        if (head is null || head.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(head is null ? Math.Max(FirstBuffer, needed) : Math.Min(HeadLimit, Math.Max(head.Length * 4, needed)));
            if (head is not null)
            {
                head.AsSpan(0, headLength).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(head);
            }

            head = larger;
        }

        data[..count].CopyTo(head.AsSpan(headLength));
        headLength += count;
    }

    private void Open()
    {
        if (health() == SpoolHealth.Broken) throw new SpoolUnavailableException(SpoolHealth.Broken);
        name = ContentFiles.NewName();
        try
        {
            file = File.OpenHandle(files.UnfinishedPathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }

        hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        pending = ArrayPool<byte>.Shared.Rent(WriteBuffer);
        // What came so far is all in the head: the inline limit is not above the head's.
        if (headLength > 0) Append(head.AsSpan(0, headLength));
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        hash!.AppendData(data);
        while (!data.IsEmpty)
        {
            var count = Math.Min(data.Length, pending!.Length - pendingLength);
            data[..count].CopyTo(pending.AsSpan(pendingLength));
            pendingLength += count;
            data = data[count..];
            if (pendingLength < pending.Length) continue;
            try
            {
                Flush();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw Unavailable(error);
            }
        }
    }

    private void Flush()
    {
        RandomAccess.Write(file!, pending.AsSpan(0, pendingLength), written);
        written += pendingLength;
        pendingLength = 0;
    }

    private void Publish()
    {
        Posix.Sync(file!);
        files.Publish(name!, Length);
    }

    private void Release()
    {
        file?.Dispose();
        file = null;
        hash?.Dispose();
        hash = null;
        if (pending is not null) ArrayPool<byte>.Shared.Return(pending);
        pending = null;
    }

    private SpoolUnavailableException Unavailable(Exception error)
    {
        var fault = files.Report(error);
        return new SpoolUnavailableException(
            fault.Fault switch { SpoolFault.Full => SpoolHealth.Full, SpoolFault.Broken => SpoolHealth.Broken, _ => SpoolHealth.Unwritable }, fault);
    }
}
