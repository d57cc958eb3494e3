namespace MilSwitch.Storage.Tests;

/// <summary>A folder that goes away with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("milswitch-spool-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
