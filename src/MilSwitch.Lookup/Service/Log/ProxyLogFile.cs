using System.Collections.Immutable;
using System.Formats.Asn1;
using Microsoft.Win32.SafeHandles;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Lookup.Service.Log;

/// <summary>
/// A <see cref="ProxyLog"/> in a file, for its owner alone to write and for its group to read. It is verified from its beginning
/// when it is opened. After a failed fsync it takes nothing more until it is opened anew. Thread-safe.
/// </summary>
public sealed class ProxyLogFile : IProxyLog, IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly SemaphoreSlim turn = new(1);
    private readonly SafeFileHandle file;
    private readonly FileStream lockFile;
    private readonly TimeProvider time;
    private readonly ISigningKey? signer;
    private readonly string signerThumbprint;
    private readonly int checkpointEvery;
    private long end;
    private long lastCheckpoint;
    private bool isBroken;
    private volatile ProxyLogHead head;

    private ProxyLogFile(SafeFileHandle file, FileStream lockFile, ProxyLogVerdict found, TimeProvider time, ISigningKey? signer, int checkpointEvery)
    {
        (this.file, this.lockFile, this.time, this.signer, this.checkpointEvery) = (file, lockFile, time, signer, checkpointEvery);
        (head, end) = (found.Head, found.Octets);
        signerThumbprint = signer is null ? "" : Certificate.Read(signer.Certificate).Thumbprint;
        // What another signer signed says nothing in this one's name.
        lastCheckpoint = found.LastSigned.Signer == signerThumbprint ? found.LastSigned.Number : 0;
    }

    /// <summary>The end of the log as it is now.</summary>
    public ProxyLogHead Head => head;

    /// <summary>Opens a log, or begins one. A last line without an end, of which nobody was told, is cut off.</summary>
    /// <param name="path">The folder must be there. Beside it stands <c>.lock</c>: one process at a time.</param>
    /// <param name="signer">Signs checkpoints; never the authority's key, which must sign certificates only. Null: there are none.</param>
    /// <param name="checkpointEvery">Lines from one checkpoint to the next at most, 1 to 1,000,000.</param>
    /// <exception cref="ProxyLogException">The file is not as it was written, or somebody else has it open.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    public static async Task<ProxyLogFile> OpenAsync(string path, TimeProvider time, ISigningKey? signer = null, int checkpointEvery = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(checkpointEvery, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(checkpointEvery, 1_000_000);
        var lockFile = Lock(path + ".lock");
        SafeFileHandle? file = null;
        try
        {
            var isNew = !File.Exists(path);
            file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (isNew)
            {
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, Mode);
                DurableFile.Sync(file);
                DurableFile.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            }

            ProxyLogVerdict found;
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 65_536);
            await using (stream.ConfigureAwait(false))
            {
                // Checkpoints of an earlier signer stay what they are: a key may be replaced.
                found = await ProxyLog.VerifyAsync(stream, null, cancellationToken).ConfigureAwait(false);
            }

            if (!found.IsGood && !found.IsTorn) throw new ProxyLogException($"{path}: line {found.FirstBadLine}: {found.Fault}");
            if (found.IsTorn)
            {
                RandomAccess.SetLength(file, found.Octets);
                DurableFile.Sync(file);
            }

            return new ProxyLogFile(file, lockFile, found, time, signer, checkpointEvery);
        }
        catch
        {
            file?.Dispose();
            await lockFile.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask AppendAsync(ImmutableArray<ProxyLogRecord> records)
    {
        await turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var lines = new List<ProxyLogLine>();
            foreach (var record in records) lines.Add(new ProxyLogLine { Number = 0, Previous = "", At = record.At, Record = record });
            Append(lines);
            if (signer is not null && head.Number - lastCheckpoint >= checkpointEvery) await SignAsync(signer).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Appends a checkpoint now, if the last line is none and the key is at hand; before an orderly stop, and when a day ends.</summary>
    /// <returns>The last line is a checkpoint.</returns>
    public async ValueTask<bool> CheckpointAsync()
    {
        if (signer is null) return false;
        await turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return (head.Number > 0 && lastCheckpoint == head.Number) || await SignAsync(signer).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        file.Dispose();
        lockFile.Dispose();
        turn.Dispose();
    }

    // A checkpoint that can't be made is made later: the lines before it are durable without.
    private async ValueTask<bool> SignAsync(ISigningKey key)
    {
        try
        {
            var line = new ProxyLogLine { Number = head.Number + 1, Previous = head.Hash, At = time.GetUtcNow() };
            var signature = await key.SignAsync(line.SignedOctets()).ConfigureAwait(false);
            var algorithm = new AsnWriter(AsnEncodingRules.DER);
            key.SignatureAlgorithm.Write(algorithm);
            Append([line with { Checkpoint = new ProxyLogSignature(signature, algorithm.Encode(), signerThumbprint) }]);
            lastCheckpoint = head.Number;
            return true;
        }
        catch (Exception fault) when (fault is KeyUnavailableException or ProxyLogException)
        {
            return false;
        }
    }

    private void Append(IReadOnlyList<ProxyLogLine> lines)
    {
        if (isBroken) throw new ProxyLogException("the log takes nothing since an fsync failed");
        using var octets = new MemoryStream();
        var next = head;
        foreach (var line in lines)
        {
            var encoded = (line with { Number = next.Number + 1, Previous = next.Hash }).Encode();
            if (encoded.Length > ProxyLog.LongestLine) throw new ProxyLogException("a line is too long");
            // Half of a surrogate pair, say: written, it would be a line that nobody takes for one, and the log would not open any more.
            if (ProxyLogLine.Read(encoded) is null) throw new ProxyLogException("a line could not be read again");
            octets.Write(encoded);
            octets.WriteByte((byte)'\n');
            next = new ProxyLogHead(next.Number + 1, ProxyLogLine.Hash(encoded));
        }

        Write(octets.GetBuffer().AsSpan(0, (int)octets.Length));
        end += octets.Length;
        head = next;
    }

    private void Write(ReadOnlySpan<byte> octets)
    {
        try
        {
            RandomAccess.Write(file, octets, end);
        }
        catch (IOException fault)
        {
            // What came half is taken back, so that the next line begins where it should.
            TakeBack();
            throw new ProxyLogException("the log can't be written", fault);
        }

        try
        {
            DurableFile.Sync(file);
        }
        catch (IOException fault)
        {
            isBroken = true;
            throw new ProxyLogException("the log can't be made durable", fault);
        }
    }

    private void TakeBack()
    {
        try
        {
            RandomAccess.SetLength(file, end);
        }
        catch (IOException)
        {
            isBroken = true;
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (File.Exists(path))
        {
            throw new ProxyLogException($"{path} is locked: somebody else has the log open", fault);
        }
    }
}
