using MilSwitch.Acp127;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Takes messages out of a folder, one a file, oldest first. A file is removed when what it held is durable, and not before. Whoever puts one there writes
/// it under a name that begins with a dot or ends in .tmp, and renames it. Runs once at a time.
/// </summary>
internal sealed partial class Acp127Folder(string name, Func<NodeConfiguration> configuration, Acp127Intake intake, Acp127Counting counting, TimeProvider time, ILogger logger)
{
    private const int MostInOnePass = 1_000;

    // Taken, and not to be removed: once more would be twice.
    private readonly HashSet<(string Path, DateTime Written)> taken = [];
    private volatile Alarm? alarm;

    /// <summary>Why the folder can't be read or emptied; null: it can.</summary>
    public Alarm? Alarm => alarm;

    /// <summary>Looks again and again, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var line = configuration().Acp127.Find(name);
            try
            {
                if (line?.Inbound?.Folder is not null) Report(await PassAsync(line, cancellationToken).ConfigureAwait(false));
                await Task.Delay(line?.Inbound?.Interval ?? TimeSpan.FromSeconds(1), time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                if (alarm?.Text != $"line {name}: {fault.Message}") Failed(name, fault);
                Report($"line {name}: {fault.Message}");
                await Task.Delay(TimeSpan.FromSeconds(1), time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    // What is wrong with the folder; null: nothing.
    private async Task<string?> PassAsync(Acp127Line line, CancellationToken cancellationToken)
    {
        var folder = new DirectoryInfo(line.Inbound!.Folder!);
        string? wrong = null;
        var files = folder.EnumerateFiles().Where(f => f.Name[0] is not '.' && f.Extension is not ".tmp").OrderBy(f => f.LastWriteTimeUtc).ThenBy(f => f.Name, StringComparer.Ordinal).Take(MostInOnePass).ToArray();
        taken.IntersectWith(files.Select(f => (f.FullName, f.LastWriteTimeUtc)));
        foreach (var file in files)
        {
            if (!taken.Contains((file.FullName, file.LastWriteTimeUtc)))
            {
                if (file.Length > Acp127Reader.MostOctets)
                {
                    wrong ??= $"line {name}: {file.Name} is larger than {Acp127Reader.MostOctets} octets and stays in the folder";
                    continue;
                }

                var octets = await File.ReadAllBytesAsync(file.FullName, cancellationToken).ConfigureAwait(false);
                var outcome = await intake.AcceptAsync(line, "", octets, file.LastWriteTimeUtc, cancellationToken).ConfigureAwait(false);
                if (outcome is Acp127Outcome.Later) return wrong;
                taken.Add((file.FullName, file.LastWriteTimeUtc));
                counting.Count(line.Inbound, octets);
                Taken(name, file.Name, outcome);
            }

            try
            {
                file.Delete();
                taken.Remove((file.FullName, file.LastWriteTimeUtc));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                wrong ??= $"line {name}: {file.Name} was taken and can't be removed";
            }
        }

        return wrong;
    }

    private void Report(string? wrong)
    {
        if (wrong != alarm?.Text) alarm = wrong is null ? null : new Alarm($"acp127-folder:{name}", wrong, time.GetUtcNow());
    }

    [LoggerMessage(5071, LogLevel.Information, "Line {Line}: {File} was taken: {Outcome}")]
    private partial void Taken(string line, string file, Acp127Outcome outcome);

    [LoggerMessage(5072, LogLevel.Error, "Line {Line}: its folder can't be worked on")]
    private partial void Failed(string line, Exception fault);
}
