using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Folders;

/// <summary>
/// Which files of folders are messages of the switch already. An entry becomes true in the commit that accepts the message, and is forgotten
/// when the file has left the folder: a crash between the two finds it, and the file is not taken a second time. Thread-safe.
/// </summary>
/// <param name="spool">Where it is kept.</param>
/// <param name="node">Whose folders.</param>
internal sealed class FolderLedger(ISpool spool, string node)
{
    public const string Kind = "folder-file";

    /// <summary>The entry of a file, for the commit.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="file">Its name in it.</param>
    /// <param name="identity">Of this very file: another one of the same name is another message.</param>
    public StoredDocument Entry(WatchedFolder folder, string file, string identity) =>
        new(Kind, IdOf(folder.Name, file), JsonSerializer.Serialize(new FolderEntry(node, folder.Name, file, identity), FolderJson.Default.FolderEntry));

    /// <summary>The file was taken before.</summary>
    public async ValueTask<bool> HasAsync(StoredDocument entry, CancellationToken cancellationToken) => await spool.ReadDocumentAsync(Kind, entry.Id, cancellationToken) == entry.Json;

    /// <summary>The file has left the folder.</summary>
    public async ValueTask ForgetAsync(string id, CancellationToken cancellationToken) => await spool.RemoveDocumentAsync(Kind, id, cancellationToken);

    /// <summary>Forgets the files that have left the folder, where a crash came before that was written.</summary>
    public async ValueTask SweepAsync(WatchedFolder folder, CancellationToken cancellationToken)
    {
        foreach (var document in await spool.ListDocumentsAsync(Kind, cancellationToken))
        {
            if (JsonSerializer.Deserialize(document.Json, FolderJson.Default.FolderEntry) is { } entry && entry.Node == node && entry.Folder == folder.Name && UnixFile.Of(Path.Combine(folder.Path, entry.File)) is null)
                await ForgetAsync(document.Id, cancellationToken);
        }
    }

    private string IdOf(string folder, string file) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{node}\n{folder}\n{file}")));
}

/// <summary>One file that was taken.</summary>
/// <param name="Node">Whose folder it is.</param>
/// <param name="Folder">Its name.</param>
/// <param name="File">The file's name in it.</param>
/// <param name="Identity">Number and time in the file system, and digest.</param>
internal sealed record FolderEntry(string Node, string Folder, string File, string Identity);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FolderEntry))]
internal sealed partial class FolderJson : JsonSerializerContext;
