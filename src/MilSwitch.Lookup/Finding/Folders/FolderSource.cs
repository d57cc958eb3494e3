using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Finding.Folders;

/// <summary>
/// Certificates of files in one folder, in any form that <see cref="CertificateFile"/> reads. The folder is read again when its
/// files change. A file that can't be read is named in <see cref="Problems"/> and hides no other. Thread-safe.
/// </summary>
public sealed class FolderSource : ICertificateSource, IDisposable
{
    private static readonly EnumerationOptions Listing = new() { AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.Directory, IgnoreInaccessible = false };

    private readonly FolderSettings settings;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim reading = new(1);
    private volatile Snapshot? current;

    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public FolderSource(FolderSettings settings, TimeProvider time)
    {
        if (settings.LookEvery < TimeSpan.FromSeconds(1) || settings.LookEvery > TimeSpan.FromHours(1)) throw new ArgumentException("a folder is looked at every 1 s to 1 h", nameof(settings));
        if (settings.MostFiles is < 1 or > 100_000) throw new ArgumentException("the limit of files is 1 to 100,000", nameof(settings));
        if (settings.MostFileOctets is < 1_024 or > CertificateFile.MostOctets || settings.MostOctets is < 1_024 or > 1L << 30) throw new ArgumentException("the limits of octets are 1 KiB to 64 MiB and 1 KiB to 1 GiB", nameof(settings));
        this.settings = settings;
        this.time = time;
        Name = "folder:" + settings.Name;
    }

    public string Name { get; }

    public bool IsLocal => true;

    /// <summary>Files of the last reading that were passed over, each with the reason.</summary>
    public ImmutableArray<string> Problems => current?.Problems ?? [];

    public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        var snapshot = await CurrentAsync(cancellationToken).ConfigureAwait(false);
        if (snapshot.Fault is { } fault) return new SourceAnswer.Unavailable(fault);
        ImmutableArray<FoundCertificate> found =
        [
            .. RecipientNames.DomainAuthorities(recipient).Prepend(RecipientNames.Canonical(recipient)).SelectMany(n => snapshot.ByAddress[n])
                .Concat(snapshot.WithoutAddress.Where(c => DomainAuthorityName.Covering(c, recipient.Domain) is not null)).Select(c => new FoundCertificate(c.Encoded, Name)),
        ];
        return found.Length > 0 ? new SourceAnswer.Found(found) { Authorities = snapshot.Authorities } : new SourceAnswer.None();
    }

    public void Dispose() => reading.Dispose();

    private async ValueTask<Snapshot> CurrentAsync(CancellationToken cancellationToken)
    {
        if (current is { } known && time.GetElapsedTime(known.LookedAt) < settings.LookEvery) return known;
        await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (current is { } other && time.GetElapsedTime(other.LookedAt) < settings.LookEvery) return other;
            // Off the caller's thread: disks and shares may be slow.
            return current = await Task.Run(() => Look(current), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            reading.Release();
        }
    }

    private Snapshot Look(Snapshot? before)
    {
        try
        {
            Entry[] files = [.. new DirectoryInfo(settings.Path).EnumerateFiles("*", Listing).Take(settings.MostFiles + 1).Select(Entry.Of)];
            if (files.Length > settings.MostFiles) return Failed("there are more files than are read");
            Array.Sort(files, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            var state = string.Join('\n', files.Select(f => $"{f.Name}|{f.Length}|{f.Changed}"));
            if (before is { Fault: null } && before.State == state) return before with { LookedAt = time.GetTimestamp() };
            if (files.Where(f => f.Length <= settings.MostFileOctets).Sum(f => f.Length) > settings.MostOctets) return Failed("the files are larger than is read");
            return Read(files, state);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Failed("the folder can't be read");
        }
    }

    private Snapshot Read(Entry[] files, string? state)
    {
        var certificates = new List<Certificate>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var file in files)
        {
            try
            {
                if (ReadFile(file) is { } octets) certificates.AddRange(CertificateFile.Read(octets).Certificates);
                else problems.Add($"{file.Name}: larger than is read");
            }
            catch (CmsFormatException fault)
            {
                problems.Add($"{file.Name}: {fault.Message}");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                problems.Add($"{file.Name}: can't be read");
                // When it can be, its size and time are the same: it is tried again at the next look.
                state = null;
            }
        }

        var distinct = certificates.Distinct().ToArray();
        return new Snapshot
        {
            LookedAt = time.GetTimestamp(), State = state, Problems = problems.ToImmutable(),
            ByAddress = distinct.SelectMany(c => c.MailAddresses.Select(a => (Address: Comparable(a), Certificate: c))).ToLookup(p => p.Address, p => p.Certificate, StringComparer.OrdinalIgnoreCase),
            // A domain's authority may be named by dc components alone (RFC 3183 §4.1).
            WithoutAddress = [.. distinct.Where(c => c is { MailAddresses.Count: 0, IsAuthority: false })],
            Authorities = [.. distinct.Where(c => c.IsAuthority).Select(c => c.Encoded)],
        };
    }

    // Null: it is larger than is read, or has become so since it was listed.
    private byte[]? ReadFile(Entry file)
    {
        if (file.Length > settings.MostFileOctets) return null;
        using var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (stream.Length > settings.MostFileOctets) return null;
        var octets = new byte[stream.Length];
        stream.ReadExactly(octets);
        return octets;
    }

    private Snapshot Failed(string why) => new() { LookedAt = time.GetTimestamp(), Fault = why };

    private static string Comparable(string address) => Mailbox.TryParse(address, allowUtf8: true, out var mailbox, out _) ? RecipientNames.Canonical(mailbox) : address;

    /// <summary>A file as it was listed. Of a link it is what the link leads to: that is read, and that changes.</summary>
    private readonly record struct Entry(string Name, string Path, long Length, long Changed)
    {
        public static Entry Of(FileInfo file)
        {
            try
            {
                var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
                return new Entry(file.Name, file.FullName, target.Length, target.LastWriteTimeUtc.Ticks);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It leads nowhere, or is gone: reading it says so, and hides no other.
                return new Entry(file.Name, file.FullName, 0, 0);
            }
        }
    }

    private sealed record Snapshot
    {
        public required long LookedAt { get; init; }

        public string? Fault { get; init; }

        /// <summary>Of the files; null: it is read again whatever they are.</summary>
        public string? State { get; init; }

        public ImmutableArray<string> Problems { get; init; } = [];

        public ILookup<string, Certificate> ByAddress { get; init; } = Array.Empty<Certificate>().ToLookup(static _ => "");

        public ImmutableArray<Certificate> WithoutAddress { get; init; } = [];

        public ImmutableArray<ReadOnlyMemory<byte>> Authorities { get; init; } = [];
    }
}
