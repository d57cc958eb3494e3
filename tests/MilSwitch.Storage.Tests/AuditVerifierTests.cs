using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Tests;

/// <summary>Walks along trails that are made up.</summary>
[Trait("Threat", "F39")]
public sealed class AuditVerifierTests
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Any_single_change_of_any_field_of_any_record_is_found()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var trail = Trail(random, random.Next(1, 60));
            Assert.True((await trail.VerifyAsync()).IsIntact, $"seed {seed}");
            var at = random.Next(trail.Records.Count);
            var record = trail.Records[at];
            var hash = record.Hash.ToArray();
            hash[random.Next(hash.Length)] ^= (byte)(1 << random.Next(8));
            trail.Records[at] = random.Next(8) switch
            {
                0 => record with { Sequence = record.Sequence + 1 + random.Next(100) },
                1 => record with { At = record.At + Other(random) },
                2 => record with { Event = record.Event with { Kind = (AuditKind)((short)record.Event.Kind ^ (1 << random.Next(15))) } },
                3 => record with { Event = record.Event with { Message = new MessageId(record.Event.Message.Value ^ (1L << random.Next(63))) } },
                4 => record with { Event = record.Event with { Recipient = record.Event.Recipient ^ (1 << random.Next(31)) } },
                5 => record with { Event = record.Event with { Detail = Changed(record.Event.Detail, random) } },
                6 => record with { Event = record.Event with { Actor = record.Event.Actor is { } actor ? random.Next(2) is 0 ? null : Changed(actor, random) : "" } },
                _ => record with { Hash = hash },
            };
            var fault = Assert.Single((await trail.VerifyAsync()).Trails).Fault;
            Assert.True(fault is not null && fault.Sequence <= at + 2, $"seed {seed}: {fault}");
        }
    }

    [Fact]
    public async Task Any_record_that_is_taken_out_and_any_two_that_are_exchanged_are_found_where_it_was_done()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var trail = Trail(random, random.Next(3, 60));
            var (a, b) = (random.Next(trail.Records.Count), random.Next(trail.Records.Count));
            if (a == b)
            {
                trail.Records.RemoveAt(a);
                var kind = a is 0 ? AuditFaultKind.HeadCut : a == trail.Records.Count ? AuditFaultKind.TailCut : AuditFaultKind.Removed;
                Assert.Equal((kind, a + 1), await FaultAsync(trail));
                continue;
            }

            (trail.Records[a], trail.Records[b]) = (trail.Records[b] with { Sequence = a + 1 }, trail.Records[a] with { Sequence = b + 1 });
            Assert.Equal((AuditFaultKind.Reordered, Math.Min(a, b) + 1), await FaultAsync(trail));
        }
    }

    [Fact]
    public async Task A_signature_that_is_not_good_and_one_that_is_missing_are_found()
    {
        var trail = Trail(new Random(1), 10);
        trail.Checkpoint(signed: true);
        AuditSignatureJudge good = (_, _, _, _) => ValueTask.FromResult(new AuditSignature(null, "CN=Audit"));
        AuditSignatureJudge bad = (_, _, _, _) => ValueTask.FromResult(new AuditSignature("it is another one's", null));
        var report = Assert.Single((await new AuditVerifier(trail) { Judge = good, MustBeSigned = true }.VerifyAsync()).Trails);
        Assert.Equal((null, 1, 1, 10, 10, "CN=Audit"), (report.Fault, report.Checkpoints, report.Signed, report.CoveredUntil, report.SignedUntil, report.Signer));
        foreach (var newest in new[] { true, false })
            Assert.Equal(new AuditFault(AuditFaultKind.Signature, 1, "Checkpoint 1 has a signature that is not good: it is another one's."), Assert.Single((await new AuditVerifier(trail) { Judge = bad, JudgesNewestOnly = newest }.VerifyAsync()).Trails).Fault);

        // A signed one speaks for unsigned ones before it, and not for those behind it.
        trail.Checkpoint(signed: false);
        trail.Checkpoint(signed: true);
        Assert.True((await new AuditVerifier(trail) { Judge = good, MustBeSigned = true }.VerifyAsync()).IsIntact);
        trail.Checkpoint(signed: false);
        Assert.Equal(AuditFaultKind.Signature, Assert.Single((await new AuditVerifier(trail) { Judge = good, MustBeSigned = true }.VerifyAsync()).Trails).Fault?.Kind);
        Assert.True((await new AuditVerifier(trail) { Judge = good }.VerifyAsync()).IsIntact);
    }

    [Fact]
    public async Task A_trail_without_checkpoints_is_not_good_enough_for_whoever_believes_signers()
    {
        var trail = Trail(new Random(1), 10);
        Assert.True((await new AuditVerifier(trail).VerifyAsync()).IsIntact);
        Assert.Equal(AuditFaultKind.Signature, Assert.Single((await new AuditVerifier(trail) { MustBeSigned = true }.VerifyAsync()).Trails).Fault?.Kind);
    }

    [Fact]
    public async Task Nothing_may_stand_behind_the_stop_of_a_start_that_has_a_trail_of_its_own()
    {
        foreach (var covered in new[] { false, true })
        {
            var trail = Trail(new Random(1), 10, number: 7);
            trail.Checkpoint(signed: true, AuditCheckpointKind.Stop);
            Assert.True((await trail.VerifyAsync()).IsIntact);
            trail.Add(new AuditEvent(Noon, AuditKind.Viewed, default, -1, "forged", "nobody"));
            if (covered) trail.Checkpoint(signed: true);
            Assert.Equal((AuditFaultKind.Inserted, 11), await FaultAsync(trail));
        }
    }

    [Fact]
    public async Task What_came_between_a_stop_and_the_next_start_in_a_folder_is_told_for_good()
    {
        var trail = Trail(new Random(1), 10);
        trail.Checkpoint(signed: true, AuditCheckpointKind.Stop);
        Assert.Empty(Assert.Single((await trail.VerifyAsync()).Trails).Unclaimed);
        trail.Add(new AuditEvent(Noon, AuditKind.Viewed, default, -1, "forged", "nobody"));
        trail.Add(new AuditEvent(Noon, AuditKind.Viewed, default, -1, "forged too", "nobody"));
        Assert.Equal(new AuditStretch(11, 12), Assert.Single(Assert.Single((await trail.VerifyAsync()).Trails).Unclaimed));

        var found = trail.Records[^1].Point;
        trail.Add(new AuditEvent(Noon, AuditKind.NodeStarted, default, -1, "run 2", null));
        trail.Checkpoint(signed: true, AuditCheckpointKind.Start, found);
        trail.Checkpoint(signed: true, AuditCheckpointKind.Stop);
        found = trail.Records[^1].Point;
        trail.Add(new AuditEvent(Noon, AuditKind.NodeStarted, default, -1, "run 3", null));
        trail.Checkpoint(signed: true, AuditCheckpointKind.Start, found);
        trail.Add(new AuditEvent(Noon, AuditKind.Viewed, default, -1, "it goes on", null));
        var report = Assert.Single((await trail.VerifyAsync()).Trails);
        Assert.Null(report.Fault);
        Assert.Equal(new AuditStretch(11, 12), Assert.Single(report.Unclaimed));
    }

    private static MadeUpTrail Trail(Random random, int count, int number = 0)
    {
        var trail = new MadeUpTrail(number);
        for (var i = 0; i < count; i++)
        {
            trail.Add(new AuditEvent(
                Noon.AddMilliseconds(i * 10), (AuditKind)random.Next(1, 40), new MessageId(random.NextInt64()), random.Next(-1, 20), Word(random), random.Next(2) is 0 ? null : Word(random)));
        }

        return trail;
    }

    private static long Other(Random random) => random.Next(2) is 0 ? 1 : -random.NextInt64(1, 1L << 40);

    private static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => "abcé €\n"[random.Next(7)]));

    private static string Changed(string text, Random random)
    {
        if (text.Length is 0) return "x";
        var at = random.Next(text.Length);
        return random.Next(2) is 0 ? text.Remove(at, 1) : text[..at] + "Z" + text[(at + 1)..];
    }

    private static async Task<(AuditFaultKind, long)> FaultAsync(MadeUpTrail trail)
    {
        var fault = Assert.Single((await trail.VerifyAsync()).Trails).Fault;
        return fault is null ? default : (fault.Kind, fault.Sequence);
    }

    private sealed class MadeUpTrail(int number) : IAuditSource
    {
        private readonly AuditChain chain = new();
        private readonly List<StoredDocument> documents = [];
        private readonly byte[] hash = new byte[AuditChain.HashLength];
        private AuditPoint head;
        private string? digest;

        public List<AuditRecord> Records { get; } = [];

        public void Add(AuditEvent audit)
        {
            var at = audit.At.ToUnixTimeMilliseconds();
            chain.Next(hash, Records.Count + 1, at, audit, hash);
            Records.Add(new AuditRecord(number, Records.Count + 1, at, audit, hash.AsSpan().ToArray()));
            head = Records[^1].Point;
        }

        public void Checkpoint(bool signed, AuditCheckpointKind kind = AuditCheckpointKind.Interval, AuditPoint? found = null)
        {
            var checkpoint = new AuditCheckpoint(number, documents.Count + 1, kind, "n1", Noon, head.Sequence, head.Hash, digest) { Found = found };
            var body = checkpoint.Write();
            digest = AuditCheckpoint.DigestOf(body);
            documents.Add(new StoredDocument(AuditCheckpoint.DocumentKind, checkpoint.Id, new SignedCheckpoint(body, signed ? "AAAA" : null).Write()));
        }

        public ValueTask<AuditReport> VerifyAsync() => new AuditVerifier(this).VerifyAsync();

        public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<IReadOnlyList<AuditTrail>>([new AuditTrail(number, null, head)]);

        public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default) => ValueTask.FromResult<IReadOnlyList<AuditRecord>>(
            [.. Records.Where(r => r.Sequence > after).OrderBy(r => r.Sequence).Take(limit)]);

        public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) => ValueTask.FromResult<IReadOnlyList<StoredDocument>>(
            [.. documents.Where(d => string.CompareOrdinal(d.Id, after) > 0).Take(limit)]);
    }
}
