using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Testing;

namespace MilSwitch.Benchmarks;

/// <summary>
/// 100 callers, each: content of 4 KiB, accept (armed) with audit, await; delivered with audit, await. Optionally with
/// messages that already wait, which are then also loaded as after a start. Or both stores one after the other, with three
/// changes of state: accepted, armed, delivered.
/// </summary>
internal static class SpoolThroughput
{
    private const int Callers = 100;
    private const int Size = 4096;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var messages = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 200_000;
        var pending = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 0;
        var folder = arguments.Length > 2 ? arguments[2] : Path.Combine(Path.GetTempPath(), $"milswitch-spool-{Environment.ProcessId}");
        var options = new SqliteSpoolOptions { DataFolder = folder };
        try
        {
            await using (var spool = await SqliteSpool.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance))
            {
                var epochs = new PartitionEpoch[MessageId.PartitionCount];
                for (var i = 0; i < epochs.Length; i++) epochs[i] = await spool.ClaimAsync(i, "benchmark");
                var run = new Load(spool, epochs);
                await run.MeasureAsync("warm-up", 20_000, deliver: true);
                if (pending > 0) await run.MeasureAsync("accept only", pending, deliver: false);
                await run.MeasureAsync($"accept and deliver, {pending} waiting", messages, deliver: true);
                Console.WriteLine($"occupied: {spool.Usage().UsedOctets >> 20} MiB");
            }

            var start = Stopwatch.GetTimestamp();
            await using (var again = await SqliteSpool.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance))
            {
                Console.WriteLine($"opened again in {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
                start = Stopwatch.GetTimestamp();
                var loaded = 0;
                for (var i = 0; i < MessageId.PartitionCount; i++)
                {
                    await foreach (var _ in again.LoadPendingAsync(await again.ClaimAsync(i, "benchmark"))) loaded++;
                }

                Console.WriteLine($"loaded {loaded} in {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
            }

            return 0;
        }
        finally
        {
            if (arguments.Length < 3) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Both stores in turn, three rounds: the machine is the same for both.</summary>
    public static async Task<int> CompareAsync(string[] arguments)
    {
        if (PostgreSqlInstance.Missing is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 1;
        }

        var messages = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 50_000;
        using var workspace = new Workspace("stores");
        await using var server = await PostgreSqlInstance.StartAsync(workspace["server"]);
        await using var sqlite = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = workspace["data"] }, TimeProvider.System, NullLoggerFactory.Instance);
        await using var postgres = await PostgreSqlSpool.OpenAsync(
            new PostgreSqlSpoolOptions { Connection = server.Connection("postgres"), Node = "benchmark" }, TimeProvider.System, NullLoggerFactory.Instance);
        var loads = new List<(string Name, Load Load)>();
        foreach (var (name, spool) in ((string, ISpool)[])[("SQLite", sqlite), ("PostgreSQL", postgres)])
        {
            var epochs = new PartitionEpoch[MessageId.PartitionCount];
            for (var i = 0; i < epochs.Length; i++) epochs[i] = await spool.ClaimAsync(i, "benchmark");
            loads.Add((name, new Load(spool, epochs) { Arm = true }));
            await loads[^1].Load.MeasureAsync($"{name}, warm-up", 10_000, deliver: true);
        }

        for (var round = 1; round <= 3; round++)
        {
            foreach (var (name, load) in loads) await load.MeasureAsync($"{name}, round {round}", messages, deliver: true);
        }

        return 0;
    }

    public static Envelope Envelope(long n) => new()
    {
        ReversePath = new ReversePath(Mailbox.Parse("operations@unit.example")),
        Recipients =
        [
            new Recipient(Mailbox.Parse(string.Create(CultureInfo.InvariantCulture, $"desk{n % 1000}@headquarters.example")))
            {
                DuplicateKey = new UInt128((ulong)n * 0x9E3779B97F4A7C15UL, (ulong)n * 0xC2B2AE3D27D4EB4FUL),
                Precedence = Precedence.Routine,
            },
        ],
        Precedence = Precedence.Routine,
        ArrivedAt = DateTimeOffset.UnixEpoch.AddDays(20_000).AddMilliseconds(n),
        Origin = new Origin { Listener = "relay", ClientAddress = "192.0.2.17", Helo = "mail.unit.example", Tls = "TLS 1.3 TLS_AES_256_GCM_SHA384" },
    };

    private sealed class Load(ISpool spool, PartitionEpoch[] epochs)
    {
        private static readonly byte[] Content = [.. Enumerable.Range(0, Size).Select(i => (byte)((i * 7) ^ (i >> 5)))];
        private static readonly byte[] Trace = new byte[180];
        private static readonly Reply Answer = new(250, new EnhancedStatusCode(2, 0, 0), "Ok: queued as 4D2F61A0");
        private long sequence;

        /// <summary>Accepted as queued, and armed by a change of its own.</summary>
        public bool Arm { get; init; }

        public async Task MeasureAsync(string name, int count, bool deliver)
        {
            var latencies = new double[count];
            var next = -1;
            var processor = Process.GetCurrentProcess().TotalProcessorTime;
            var allocated = GC.GetTotalAllocatedBytes();
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < count;) latencies[i] = await OneAsync(deliver);
            })));
            var elapsed = Stopwatch.GetElapsedTime(start);
            var used = Process.GetCurrentProcess().TotalProcessorTime - processor;
            Array.Sort(latencies);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {count / elapsed.TotalSeconds:F0} messages/s, {used.TotalMicroseconds / count:F1} µs of processor time each, "
                + $"accept p50 {latencies[count / 2]:F1} ms, p99 {latencies[(int)(count * 0.99)]:F1} ms, "
                + $"{(GC.GetTotalAllocatedBytes() - allocated) / count} B allocated each"));
        }

        private async Task<double> OneAsync(bool deliver)
        {
            var n = Interlocked.Increment(ref sequence);
            var id = MessageId.Create(spool.Run, n, (int)(n & 63));
            var owner = epochs[id.Partition];
            var envelope = Envelope(n);
            await using var writer = spool.CreateContent();
            await writer.WriteAsync(Content);
            await using var content = await writer.CompleteAsync();
            var start = Stopwatch.GetTimestamp();
            var accepted = await spool.CommitAsync(
                new SpoolOperation(owner)
                {
                    Accept = [new NewMessage(id, envelope, Trace, content, $"<{n}@unit.example>", deliver && !Arm ? RecipientState.Armed : RecipientState.Queued, null)],
                    Audit = [new AuditEvent(envelope.ArrivedAt, AuditKind.Accepted, id, -1, "from mail.unit.example [192.0.2.17]")],
                },
                Precedence.Routine);
            var latency = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (!accepted.IsCommitted || accepted.Duplicates.Length > 0) throw new InvalidOperationException($"{accepted.Status}");
            if (!deliver) return latency;
            if (Arm) await spool.CommitAsync(new SpoolOperation(owner) { Recipients = [new RecipientChange(id, 0, RecipientState.Armed, 0)] }, Precedence.Routine);
            await spool.CommitAsync(
                new SpoolOperation(owner)
                {
                    Recipients = [new RecipientChange(id, 0, RecipientState.Delivered, 1, null, Answer, "mx.headquarters.example")],
                    Messages = [new MessageChange(id, MessageState.Done, DropContent: true)],
                    Audit = [new AuditEvent(envelope.ArrivedAt, AuditKind.Delivered, id, 0, "250 2.0.0 by mx.headquarters.example")],
                },
                Precedence.Routine);
            return latency;
        }
    }
}
