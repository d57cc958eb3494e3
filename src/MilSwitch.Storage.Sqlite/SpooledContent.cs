using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Sqlite;

/// <summary>A whole content: in pooled memory, as far as there is room for it, and in a synced file when it is no row.</summary>
/// <param name="files">Where the file is.</param>
/// <param name="octets">Belongs to this from now on.</param>
/// <param name="fileName">Null: the content goes into a row.</param>
internal sealed class SpooledContent(ContentFiles files, BufferedOctets octets, string? fileName) : BufferedContent(octets)
{
    public string? FileName => fileName;

    /// <summary>How and where it is stored.</summary>
    public ContentKind Kind => ContentKinds.Of(IsInline, IsSealed);

    public override bool IsInline => fileName is null;

    protected override ValueTask<ContentReader> OpenStoredAsync(SealInUse? seal, CancellationToken cancellationToken)
    {
        try
        {
            var file = File.OpenHandle(files.PathOf(fileName!), options: FileOptions.SequentialScan | FileOptions.Asynchronous);
            return new ValueTask<ContentReader>(new FileContentReader(default, file, Length, DigestOctets, seal));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            files.Report(error);
            throw new SpoolUnavailableException(SpoolHealth.Unwritable, error);
        }
    }

    protected override ValueTask ForgetAsync()
    {
        if (fileName is not null) files.Remove(fileName);
        return ValueTask.CompletedTask;
    }
}
