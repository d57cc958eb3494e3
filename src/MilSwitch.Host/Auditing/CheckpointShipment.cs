using System.Globalization;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Acp127;

namespace MilSwitch.Host.Auditing;

/// <summary>
/// Puts checkpoints of this node as files into a folder, each once, whole or not at all, in their order: whoever takes them
/// away from there has what nobody can change who can change the store. For one caller at a time.
/// </summary>
internal sealed class CheckpointShipment(ISpool spool, CheckpointBook book, string node)
{
    private const string DocumentKind = "audit-shipped";
    private const int Most = 1000;

    private readonly Dictionary<int, long> shipped = [];

    /// <summary>Ships what was not.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="trail">Of which trail.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The folder can't be written, or has another file of such a name.</exception>
    public async ValueTask ShipAsync(string folder, int trail, CancellationToken cancellationToken)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{trail:x8}-{node}");
        if (!shipped.TryGetValue(trail, out var done))
        {
            _ = long.TryParse(await spool.ReadDocumentAsync(DocumentKind, id, cancellationToken), NumberStyles.None, CultureInfo.InvariantCulture, out done);
            // What retention took before it could be shipped is not there any more.
            if (await book.RangeAsync(trail, cancellationToken) is not { } range) return;
            done = Math.Max(done, range.First - 1);
        }

        var begun = done;
        while (done - begun < Most && await book.ReadAsync(trail, done + 1, cancellationToken) is { } next)
        {
            if (next.Checkpoint.Node == node) Write(folder, next.Checkpoint.Id, next.Kept);
            done++;
        }

        shipped[trail] = done;
        if (done > begun) await spool.PutDocumentAsync(DocumentKind, id, done.ToString(CultureInfo.InvariantCulture), cancellationToken);
    }

    // The text comes last: where it is, its signature is.
    private static void Write(string folder, string id, SignedCheckpoint kept)
    {
        if (kept.Signature is { } signature) Add(folder, id + ".p7s", Convert.FromBase64String(signature));
        Add(folder, id + ".json", System.Text.Encoding.UTF8.GetBytes(kept.Body));
    }

    private static void Add(string folder, string name, byte[] octets)
    {
        try
        {
            if (!DurableText.TryAdd(folder, name, octets)) throw new IOException($"{name} is there already and is another one");
        }
        catch (UnauthorizedAccessException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }
}
