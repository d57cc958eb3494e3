using System.Globalization;
using System.Security.Cryptography;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Auditing;

/// <summary>An export that is verified, from the file on: records are read when they are asked for. For one caller at a time.</summary>
internal sealed class AuditExportFile : IAuditSource, IDisposable
{
    /// <summary>No line of an export is longer: details are short, and signatures some kilobytes.</summary>
    private const int MaximumLine = 4 << 20;

    private const int MaximumCheckpoints = 10_000_000;

    private readonly Stream file;
    private readonly List<AuditTrail> trails = [];
    private readonly Dictionary<int, long> begins = [];
    private readonly List<StoredDocument> documents = [];
    private LineReader? reading;
    private int readingTrail = -1;
    private long readUntil;

    private AuditExportFile(Stream file) => this.file = file;

    public ExportHead? Head { get; private set; }

    public ExportEnd? End { get; private set; }

    /// <summary>The octets that the signature is over.</summary>
    public byte[] EndLine { get; private set; } = [];

    /// <summary>Null: there is none.</summary>
    public byte[]? Signature { get; private set; }

    /// <summary>What is wrong with the file as such; null: nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads it once, and what is in it.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static AuditExportFile Open(string path)
    {
        var export = new AuditExportFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
        try
        {
            export.Index();
            return export;
        }
        catch
        {
            export.Dispose();
            throw;
        }
    }

    public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<IReadOnlyList<AuditTrail>>(trails);

    public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default)
    {
        var records = new List<AuditRecord>();
        if (!begins.TryGetValue(trail, out var begin)) return ValueTask.FromResult<IReadOnlyList<AuditRecord>>(records);
        // A walk goes on where it was; who asks for something else begins anew.
        if (reading is null || readingTrail != trail || readUntil > after)
        {
            reading = new LineReader(file, begin);
            (readingTrail, readUntil) = (trail, 0);
        }

        while (records.Count < limit && reading.Next() && AuditExportJson.TryRead(reading.Line)?.Record is { } record && record.Trail == trail)
        {
            readUntil = record.Sequence;
            if (record.Sequence > after) records.Add(Of(record));
        }

        return ValueTask.FromResult<IReadOnlyList<AuditRecord>>(records);
    }

    public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) => ValueTask.FromResult<IReadOnlyList<StoredDocument>>(
        [.. documents.Where(d => d.Kind == kind && string.CompareOrdinal(d.Id, after) > 0).Take(limit)]);

    public void Dispose() => file.Dispose();

    private static AuditRecord Of(ExportRecord record)
    {
        var audit = new AuditEvent(AuditRecord.Time(record.At), (AuditKind)record.Kind, new MessageId(record.Message), record.Recipient, record.Detail ?? "", record.Actor);
        byte[] hash = record.Hash is { Length: 64 } text && text.All(char.IsAsciiHexDigitLower) ? Convert.FromHexString(text) : [];
        // What is there for people must say the same.
        var sound = record.Time.ToUnixTimeMilliseconds() == audit.At.ToUnixTimeMilliseconds() && record.Word == Api.Words.Of(audit.Kind)
            && record.Id == (audit.Message == default ? null : audit.Message.ToString());
        return new AuditRecord(record.Trail, record.Sequence, record.At, audit, hash) { IsSound = sound };
    }

    private void Index()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var lines = new LineReader(file, 0);
        long records = 0;
        ExportTrail? current = null;
        while (lines.Next())
        {
            if (AuditExportJson.TryRead(lines.Line) is not { } line)
            {
                Reject(lines, "is no line of an export");
                return;
            }

            if (End is not null)
            {
                var octets = new byte[line.Signature?.Length ?? 0];
                if (Signature is not null || line.Signature is null || !Convert.TryFromBase64String(line.Signature, octets, out var length)) Reject(lines, "stands behind the end");
                else Signature = octets[..length];
                continue;
            }

            if (line.End is { } end)
            {
                (End, EndLine) = (end, lines.Line.ToArray());
                if (end.Digest != Convert.ToHexStringLower(digest.GetCurrentHash())) Reject(lines, "tells of other octets than there are before it");
                else if (end.Records != records || end.Checkpoints != documents.Count) Reject(lines, "counts other records or checkpoints than there are");
                continue;
            }

            digest.AppendData(lines.Line);
            digest.AppendData("\n"u8);
            if (line.Export is { } head && Head is null && lines.Number is 1) Head = head;
            else if (Head is null) Reject(lines, "is not the beginning of an export");
            else if (line.Trail is { } trail && !begins.ContainsKey(trail.Number) && IsHash(trail.Previous) && IsHash(trail.Hash))
            {
                current = trail;
                begins.Add(trail.Number, lines.Position);
                trails.Add(new AuditTrail(trail.Number, trail.First > 1 ? new AuditPoint(trail.First - 1, trail.Previous) : null, new AuditPoint(trail.Last, trail.Hash)));
            }
            else if (line.Record is { } record && record.Trail == current?.Number) records++;
            else if (line.Checkpoint is { Id: not null, Body: not null } checkpoint && documents.Count < MaximumCheckpoints)
            {
                if (documents.Count > 0 && string.CompareOrdinal(documents[^1].Id, checkpoint.Id) >= 0) Reject(lines, "stands in the wrong place");
                documents.Add(new StoredDocument(AuditCheckpoint.DocumentKind, checkpoint.Id, new SignedCheckpoint(checkpoint.Body, checkpoint.Signature).Write()));
            }
            else Reject(lines, "does not belong there");

            if (Fault is not null) return;
        }

        if (lines.IsTooLong) Fault ??= "A line is too long.";
        if (End is null) Fault ??= "The end is missing.";
    }

    private static bool IsHash(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);

    private void Reject(LineReader lines, string text) => Fault ??= string.Create(CultureInfo.InvariantCulture, $"Line {lines.Number} {text}.");

    /// <summary>Lines of a file from a place on.</summary>
    private sealed class LineReader(Stream file, long position)
    {
        private readonly byte[] buffer = new byte[1 << 16];
        private byte[] line = new byte[4096];
        private int length;
        private int start, end;
        private long filled = position;

        public int Number { get; private set; }

        public bool IsTooLong { get; private set; }

        public ReadOnlySpan<byte> Line => line.AsSpan(0, length);

        /// <summary>Where the next line begins.</summary>
        public long Position => filled - (end - start);

        public bool Next()
        {
            length = 0;
            while (true)
            {
                if (start == end)
                {
                    file.Position = filled;
                    (start, end) = (0, file.Read(buffer));
                    filled += end;
                    if (end is 0) return length > 0 && Count();
                }

                var rest = buffer.AsSpan(start, end - start);
                var stop = rest.IndexOf((byte)'\n');
                var part = stop < 0 ? rest : rest[..stop];
                if (length + part.Length > MaximumLine)
                {
                    IsTooLong = true;
                    return false;
                }

                if (length + part.Length > line.Length) Array.Resize(ref line, Math.Max(line.Length * 2, length + part.Length));
                part.CopyTo(line.AsSpan(length));
                length += part.Length;
                start += part.Length + (stop < 0 ? 0 : 1);
                if (stop >= 0) return Count();
            }
        }

        private bool Count()
        {
            Number++;
            return true;
        }
    }
}
