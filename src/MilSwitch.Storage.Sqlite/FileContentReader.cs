using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A content in a file. Not thread-safe.</summary>
/// <param name="id">Whose it is.</param>
/// <param name="file">Belongs to this from now on.</param>
/// <param name="length">Octets of the content.</param>
/// <param name="digest">SHA-256 of them.</param>
/// <param name="seal">Opens it; null: it is not sealed.</param>
internal sealed class FileContentReader(MessageId id, SafeFileHandle file, long length, byte[] digest, SealInUse? seal)
    : StoredContentReader(id, length, digest, seal)
{
    public override ValueTask DisposeAsync()
    {
        file.Dispose();
        return base.DisposeAsync();
    }

    protected override async ValueTask FillAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var count = await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken).ConfigureAwait(false);
            if (count == 0) throw new ContentDamagedException(Id);
            offset += count;
            buffer = buffer[count..];
        }
    }
}
