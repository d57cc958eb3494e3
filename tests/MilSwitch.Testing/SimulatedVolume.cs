namespace MilSwitch.Testing;

/// <summary>
/// A volume that promises no more than POSIX does: what an fsync covered stays, and of everything else any part may be
/// there after a power cut, in pieces of a sector, in any order; names likewise, when their folder was not synced. Stricter
/// than file systems are. Not thread-safe.
/// </summary>
public sealed class SimulatedVolume
{
    private const int Sector = 4096;
    private const string Root = ".";

    private readonly Dictionary<string, Node> live = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> durable = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Sync> syncs = [];

    /// <summary>An empty folder.</summary>
    public SimulatedVolume() => live[Root] = durable[Root] = new Node(isFolder: true);

    /// <summary>What is in a folder now, all of it synced.</summary>
    public static SimulatedVolume Of(string folder)
    {
        var volume = new SimulatedVolume();
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
        {
            var node = new Node(Directory.Exists(path));
            if (!node.IsFolder) node.Write(0, File.ReadAllBytes(path));
            var name = Path.GetRelativePath(folder, path);
            volume.live[name] = volume.durable[name] = node;
        }

        return volume;
    }

    /// <summary>The next change of a recording.</summary>
    public void Apply(DeviceChange change)
    {
        switch (change.Kind)
        {
            case DeviceChangeKind.Created or DeviceChangeKind.FolderMade:
                Name(change.Path, new Node(change.Kind is DeviceChangeKind.FolderMade));
                break;
            case DeviceChangeKind.Written or DeviceChangeKind.Truncated:
                // A file that nobody made here has no name any more: what is written to it concerns nobody.
                if (live.TryGetValue(change.Path, out var written)) written.Pending.Add(change);
                break;
            case DeviceChangeKind.Unlinked:
                Change(new NameChange(change.Path, null, null));
                break;
            case DeviceChangeKind.Renamed:
                Change(new NameChange(change.Path, change.Text, live[change.Path]));
                break;
            case DeviceChangeKind.Linked:
                Name(change.Text, live[change.Path]);
                break;
            case DeviceChangeKind.SyncBegun when live.TryGetValue(change.Path, out var synced):
                syncs[change.Number] = new Sync(synced, synced.Covered + (synced.IsFolder ? synced.Names.Count : synced.Pending.Count));
                break;
            case DeviceChangeKind.SyncEnded when syncs.Remove(change.Number, out var sync):
                End(sync);
                break;
        }
    }

    /// <summary>Writes the volume as the power cut leaves it: what is durable, and of the rest what chance leaves.</summary>
    /// <param name="folder">Where to; made when missing.</param>
    /// <param name="chance">Decides for each piece.</param>
    /// <param name="share">Of what was not synced; 0 and 1 are cuts too.</param>
    public void Write(string folder, Random chance, double share)
    {
        var there = new Dictionary<string, Node>(durable, StringComparer.Ordinal);
        foreach (var change in live.Values.SelectMany(n => n.Names).Where(_ => chance.NextDouble() < share)) change.Apply(there);
        Directory.CreateDirectory(folder);
        foreach (var (path, node) in there.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            var target = Path.Combine(folder, path);
            // The name of a folder above it is gone, and so is the file. The shared memory of SQLite does not outlive a boot.
            if (!Directory.Exists(Path.GetDirectoryName(target)) || path.EndsWith("-shm", StringComparison.Ordinal)) continue;
            if (node.IsFolder) Directory.CreateDirectory(target);
            else node.WriteTo(target, chance, share);
        }
    }

    private void Name(string path, Node node) => Change(new NameChange(null, path, node));

    private void Change(NameChange change)
    {
        change.Apply(live);
        var folder = Path.GetDirectoryName(change.Made ?? change.Removed) is { Length: > 0 } named ? named : Root;
        live[folder].Names.Add(change);
    }

    private void End(Sync sync)
    {
        // Syncs may overlap: what another one has covered meanwhile is not there any more.
        var count = (int)Math.Max(0, sync.UpTo - sync.Node.Covered);
        sync.Node.Covered += count;
        if (sync.Node.IsFolder)
        {
            foreach (var change in sync.Node.Names.Take(count)) change.Apply(durable);
            sync.Node.Names.RemoveRange(0, count);
            return;
        }

        foreach (var change in sync.Node.Pending.Take(count)) sync.Node.Apply(change);
        sync.Node.Pending.RemoveRange(0, count);
    }

    /// <param name="Node">What is synced.</param>
    /// <param name="UpTo">Changes of it before the sync began, from the first one on.</param>
    private sealed record Sync(Node Node, long UpTo);

    /// <summary>One entry of a folder goes, one comes, or both at once.</summary>
    private sealed record NameChange(string? Removed, string? Made, Node? Node)
    {
        public void Apply(Dictionary<string, Node> entries)
        {
            if (Removed is not null) entries.Remove(Removed);
            if (Made is not null) entries[Made] = Node!;
        }
    }

    private sealed class Node(bool isFolder)
    {
        private byte[] octets = [];
        private int length;

        public bool IsFolder => isFolder;

        /// <summary>Changes of a file that no sync has covered, oldest first.</summary>
        public List<DeviceChange> Pending { get; } = [];

        /// <summary>Likewise of a folder.</summary>
        public List<NameChange> Names { get; } = [];

        /// <summary>How many changes syncs have covered so far.</summary>
        public long Covered { get; set; }

        public void Apply(DeviceChange change)
        {
            if (change.Kind is DeviceChangeKind.Written) Write(change.Number, change.Octets);
            else Truncate(change.Number);
        }

        public void Write(long offset, ReadOnlySpan<byte> data)
        {
            var end = checked((int)offset + data.Length);
            if (end > octets.Length) Array.Resize(ref octets, Math.Max(end, octets.Length * 2));
            data.CopyTo(octets.AsSpan((int)offset));
            length = Math.Max(length, end);
        }

        public void WriteTo(string path, Random chance, double share)
        {
            using var file = File.Create(path);
            file.Write(octets, 0, length);
            foreach (var change in Pending)
            {
                if (change.Kind is DeviceChangeKind.Truncated)
                {
                    if (chance.NextDouble() < share) file.SetLength(change.Number);
                    continue;
                }

                for (var done = 0; done < change.Octets.Length;)
                {
                    var at = change.Number + done;
                    var count = (int)Math.Min(change.Octets.Length - done, Sector - (at % Sector));
                    if (chance.NextDouble() < share)
                    {
                        file.Position = at;
                        file.Write(change.Octets, done, count);
                    }

                    done += count;
                }
            }
        }

        private void Truncate(long to)
        {
            var next = checked((int)to);
            if (next > octets.Length) Array.Resize(ref octets, next);
            if (next < length) octets.AsSpan(next, length - next).Clear();
            length = next;
        }
    }
}
