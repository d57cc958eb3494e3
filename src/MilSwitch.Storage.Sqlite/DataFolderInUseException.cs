namespace MilSwitch.Storage.Sqlite;

/// <summary>Another process works on the data folder: two writers would destroy each other's mail.</summary>
public sealed class DataFolderInUseException(string folder, string? holder)
    : Exception($"The data folder {folder} is in use by another process{(holder is null ? "" : $" ({holder})")}.")
{
    public string Folder { get; } = folder;
}
