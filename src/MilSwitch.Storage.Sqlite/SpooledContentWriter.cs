using Microsoft.Win32.SafeHandles;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>Takes a content in; what is too long for a row goes into a file.</summary>
internal sealed class SpooledContentWriter(ContentFiles files, RetentionBudget retention, int inlineLimit, ContentSeal seal, Func<SpoolHealth> health)
    : BufferedContentWriter(retention, inlineLimit, seal)
{
    private string? name;
    private SafeFileHandle? file;
    private long written;

    protected override ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (health() == SpoolHealth.Broken) throw new SpoolUnavailableException(SpoolHealth.Broken);
        name = files.NewName();
        try
        {
            // Nothing is wrong with the store: a client that comes again later finds room.
            file = files.Create(name) ?? throw new SpoolUnavailableException(SpoolHealth.Full);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }

        return ValueTask.CompletedTask;
    }

    protected override ValueTask StoreAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        try
        {
            RandomAccess.Write(file!, octets.Span, written);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(error);
        }

        written += octets.Length;
        files.CountWritten(octets.Length);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await files.PublishAsync(file!, name!, written).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SpoolFaultException)
        {
            throw Unavailable(error);
        }

        files.Close(file!);
    }

    protected override ValueTask ForgetAsync()
    {
        files.Close(file!);
        files.RemoveUnfinished(name!);
        return ValueTask.CompletedTask;
    }

    protected override StagedContent Staged(BufferedOctets octets, bool isInline) => new SpooledContent(files, octets, isInline ? null : name);

    private SpoolUnavailableException Unavailable(Exception error)
    {
        var fault = files.Report(error);
        return new SpoolUnavailableException(
            fault.Fault switch { SpoolFault.Full => SpoolHealth.Full, SpoolFault.Broken => SpoolHealth.Broken, _ => SpoolHealth.Unwritable }, fault);
    }
}
