using System.Globalization;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Tests;

/// <summary>What somebody does to the trail of a real store with SQL, and what of it is found. A store's tests inherit them.</summary>
[Trait("Threat", "F39")]
public abstract class AuditContract : IAsyncLifetime
{
    private const int Partition = 5;
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    private ISpool spool = null!;
    private PartitionEpoch owner;
    private int trail;
    private string? digest;
    private long number;

    private IAuditStore Store => (IAuditStore)spool;

    /// <summary>Columns that the store has beside those of all, with their values.</summary>
    protected abstract string Further { get; }

    public virtual async Task InitializeAsync()
    {
        await OpenAsync();
        trail = Store.OwnTrail;
        await FillAsync(10);
    }

    public virtual async Task DisposeAsync() => await spool.DisposeAsync();

    protected abstract Task<ISpool> OpenStoreAsync();

    /// <summary>Runs SQL in the store's back.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>Octets as the store's SQL writes them.</summary>
    protected abstract string Literal(string hexadecimal);

    /// <summary>The trail as somebody sees it who is no node.</summary>
    protected abstract Task<AuditReport> FromOutsideAsync();

    [Theory]
    [InlineData("UPDATE audit SET detail = 'nothing' WHERE seq = 4", AuditFaultKind.Changed, 4)]
    [InlineData("UPDATE audit SET actor = NULL WHERE seq = 4", AuditFaultKind.Changed, 4)]
    [InlineData("UPDATE audit SET kind = 2 WHERE seq = 4", AuditFaultKind.Changed, 4)]
    [InlineData("UPDATE audit SET at = at - 1 WHERE seq = 10", AuditFaultKind.Changed, 10)]
    [InlineData("DELETE FROM audit WHERE seq = 4", AuditFaultKind.Removed, 4)]
    [InlineData("DELETE FROM audit WHERE seq < 4", AuditFaultKind.HeadCut, 1)]
    [InlineData("DELETE FROM audit WHERE seq > 7", AuditFaultKind.TailCut, 8)]
    [InlineData("DELETE FROM audit", AuditFaultKind.TailCut, 1)]
    [InlineData("DELETE FROM audit_end WHERE name = 'head'", AuditFaultKind.TailCut, 11)]
    [InlineData("UPDATE audit SET seq = -4 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = -4", AuditFaultKind.Reordered, 4)]
    [InlineData("UPDATE audit SET seq = -4 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = -4", AuditFaultKind.Reordered, 4)]
    [InlineData("UPDATE audit SET seq = -seq WHERE seq > 4; UPDATE audit SET seq = 1 - seq WHERE seq < 0; INSERT INTO audit ({0}) SELECT {1} FROM audit WHERE seq = 4", AuditFaultKind.Inserted, 5)]
    [InlineData("DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = -seq WHERE seq > 5; UPDATE audit SET seq = -seq - 1 WHERE seq < 0", AuditFaultKind.Removed, 5)]
    public async Task The_chain_tells_what_was_done(string sql, AuditFaultKind kind, long sequence)
    {
        Assert.True((await VerifyAsync()).IsIntact);
        await TamperAsync(sql.Replace("{0}", "seq, at, kind, message, recipient, detail, actor, hash" + Further, StringComparison.Ordinal).Replace("{1}", "5, at, kind, message, recipient, 'never', actor, hash" + Further, StringComparison.Ordinal));
        var fault = Assert.Single((await VerifyAsync()).Trails).Fault;
        Assert.Equal((kind, sequence), (fault?.Kind, fault?.Sequence ?? 0));
        var outside = Assert.Single((await FromOutsideAsync()).Trails).Fault;
        Assert.Equal(fault, outside);
        Assert.DoesNotContain("event", fault!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tail_that_was_cut_with_its_end_is_found_up_to_the_last_checkpoint()
    {
        await CheckpointAsync();
        await FillAsync(3);
        await CutEndAsync(10);
        // The window: what came behind the last checkpoint and went with the end can't be missed by anybody who has nothing else.
        Assert.True((await VerifyAsync()).IsIntact);
        await CutEndAsync(7);
        Assert.Equal(new AuditFault(AuditFaultKind.TailCut, 8, "The record is missing, and so are all behind it: checkpoint 1 speaks for 10 records."), Assert.Single((await VerifyAsync()).Trails).Fault);
    }

    [Fact]
    public async Task A_chain_that_was_computed_anew_is_found_by_the_checkpoint()
    {
        await CheckpointAsync();
        await FillAsync(2);
        var chain = new AuditChain();
        var hash = new byte[AuditChain.HashLength];
        var sql = new List<string>();
        foreach (var record in await Store.ReadTrailAsync(trail, 0, 100))
        {
            var audit = record.Sequence is 4 ? record.Event with { Detail = "nothing" } : record.Event;
            chain.Next(hash, record.Sequence, record.At, audit, hash);
            sql.Add($"UPDATE audit SET detail = '{audit.Detail}', hash = {Literal(Convert.ToHexString(hash))} WHERE seq = {record.Sequence}");
        }

        sql.Add($"UPDATE audit_end SET hash = {Literal(Convert.ToHexString(hash))} WHERE name = 'head'");
        await TamperAsync([.. sql]);
        Assert.True((await Store.VerifyAuditAsync()).IsIntact);
        var fault = Assert.Single((await VerifyAsync()).Trails).Fault;
        Assert.Equal((AuditFaultKind.Rewritten, 10), (fault?.Kind, fault?.Sequence));
    }

    [Fact]
    public async Task What_retention_took_is_missing_with_its_proof_only()
    {
        var old = await Store.FindOldAsync(trail, Noon.AddMinutes(5));
        Assert.Equal(5, old?.Sequence);
        await CheckpointAsync();
        await FillAsync(1);
        await CheckpointAsync(new AuditPruning(1, 5, old!.Value.Hash, Noon.AddMinutes(5), null));
        // Proved before it is done: a node that ends between has lost nothing.
        Assert.True((await VerifyAsync()).IsIntact);
        Assert.Equal(5, await Store.CutTrailAsync(trail, old.Value));
        var report = Assert.Single((await VerifyAsync()).Trails);
        Assert.Equal((null, 6, 11, 5), (report.Fault, report.First, report.Last, report.PrunedUntil));

        // Further than the proof goes.
        var further = (await Store.ReadTrailAsync(trail, 6, 1))[0].Point;
        Assert.Equal(2, await Store.CutTrailAsync(trail, further));
        var fault = Assert.Single((await VerifyAsync()).Trails).Fault;
        Assert.Equal((AuditFaultKind.HeadCut, 7), (fault?.Kind, fault?.Sequence));
        Assert.Equal(fault, Assert.Single((await FromOutsideAsync()).Trails).Fault);
    }

    [Fact]
    public async Task What_retention_took_without_a_proof_is_found()
    {
        await CheckpointAsync();
        Assert.Equal(5, await Store.CutTrailAsync(trail, (await Store.FindOldAsync(trail, Noon.AddMinutes(5)))!.Value));
        Assert.Equal(AuditFaultKind.HeadCut, Assert.Single((await VerifyAsync()).Trails).Fault?.Kind);
    }

    [Fact]
    public async Task What_was_pruned_before_there_were_checkpoints_is_as_they_found_it()
    {
        var old = (await Store.FindOldAsync(trail, Noon.AddMinutes(5)))!.Value;
        await Store.CutTrailAsync(trail, old);
        await CheckpointAsync(anchor: old);
        Assert.True((await VerifyAsync()).IsIntact);
        await TamperAsync($"UPDATE audit_end SET hash = {Literal(new string('0', 64))} WHERE name = 'anchor'");
        Assert.Equal(AuditFaultKind.HeadCut, Assert.Single((await VerifyAsync()).Trails).Fault?.Kind);
    }

    [Fact]
    public async Task An_anchor_that_was_changed_behind_a_proof_is_found()
    {
        var old = (await Store.FindOldAsync(trail, Noon.AddMinutes(5)))!.Value;
        await CheckpointAsync(new AuditPruning(1, 5, old.Hash, Noon.AddMinutes(5), null));
        await Store.CutTrailAsync(trail, old);
        Assert.True((await VerifyAsync()).IsIntact);
        await TamperAsync($"UPDATE audit_end SET hash = {Literal(new string('0', 64))} WHERE name = 'anchor'");
        Assert.False((await VerifyAsync()).IsIntact);
    }

    [Fact]
    public async Task A_wrong_record_is_not_cut_to()
    {
        Assert.Equal(0, await Store.CutTrailAsync(trail, new AuditPoint(5, new string('0', 64))));
        Assert.Equal(10, (await Store.ReadTrailAsync(trail, 0, 100)).Count);
    }

    [Theory]
    [InlineData("DELETE FROM document WHERE kind = 'audit-checkpoint' AND id = '{2}'", 2)]
    [InlineData("DELETE FROM document WHERE kind = 'audit-checkpoint' AND id = '{1}'", 1)]
    [InlineData("UPDATE document SET json = replace(json, 'n1', 'n2') WHERE kind = 'audit-checkpoint' AND id = '{1}'", 2)]
    [InlineData("UPDATE document SET json = '{}' WHERE kind = 'audit-checkpoint' AND id = '{3}'", 3)]
    [InlineData("UPDATE document SET id = '{9}' WHERE kind = 'audit-checkpoint' AND id = '{3}'", 3)]
    public async Task Checkpoints_are_a_chain_themselves(string sql, long expected)
    {
        for (var i = 0; i < 3; i++)
        {
            await CheckpointAsync();
            await FillAsync(1);
        }

        Assert.True((await VerifyAsync()).IsIntact);
        foreach (var n in new[] { 1, 2, 3, 9 }) sql = sql.Replace($"{{{n}}}", AuditCheckpoint.IdOf(trail, n), StringComparison.Ordinal);
        await TamperAsync(sql);
        var fault = Assert.Single((await VerifyAsync()).Trails).Fault;
        Assert.Equal((AuditFaultKind.Checkpoint, expected), (fault?.Kind, fault?.Sequence));
    }

    [Fact]
    public async Task The_last_checkpoints_that_went_with_the_tail_are_missed_by_whoever_has_them()
    {
        await CheckpointAsync();
        await FillAsync(2);
        await CheckpointAsync();
        var shipped = new Dictionary<string, string> { [AuditCheckpoint.IdOf(trail, 2)] = digest! };
        Assert.True((await VerifyAsync(shipped)).IsIntact);
        await TamperAsync($"DELETE FROM document WHERE kind = 'audit-checkpoint' AND id = '{AuditCheckpoint.IdOf(trail, 2)}'");
        await CutEndAsync(10);
        Assert.True((await VerifyAsync()).IsIntact);
        var fault = Assert.Single((await VerifyAsync(shipped)).Trails).Fault;
        Assert.Equal((AuditFaultKind.Checkpoint, 2), (fault?.Kind, fault?.Sequence));
    }

    [Fact]
    public async Task A_trail_that_is_gone_as_a_whole_is_missed_by_its_checkpoints()
    {
        await CheckpointAsync();
        await TamperAsync("DELETE FROM audit", "DELETE FROM audit_end");
        var fault = Assert.Single((await VerifyAsync()).Trails).Fault;
        Assert.Equal((AuditFaultKind.TailCut, 1), (fault?.Kind, fault?.Sequence));
    }

    [Fact]
    public async Task Finds_records_backwards_by_what_they_are()
    {
        var all = await Store.SearchTrailAsync(trail, 100, 1, new AuditFilter(), 100);
        Assert.Equal(Enumerable.Range(1, 10).Reverse().Select(n => (long)n), all.Select(r => r.Sequence));
        Assert.Equal(await Store.ReadTrailAsync(trail, 0, 100), all.Reverse(), (a, b) => a.Point == b.Point && a.Event == b.Event && a.At == b.At);
        Assert.Equal([8L, 7], (await Store.SearchTrailAsync(trail, 9, 3, new AuditFilter(), 2)).Select(r => r.Sequence));
        Assert.Equal([6L], (await Store.SearchTrailAsync(trail, 100, 1, new AuditFilter { Text = "EVENT 6" }, 10)).Select(r => r.Sequence));
        Assert.Equal([9L, 6, 3], (await Store.SearchTrailAsync(trail, 100, 1, new AuditFilter { Actor = "ops" }, 10)).Select(r => r.Sequence));
        Assert.Equal([10L, 8, 6, 4, 2], (await Store.SearchTrailAsync(trail, 100, 1, new AuditFilter { Kinds = [AuditKind.Viewed, AuditKind.Deleted] }, 10)).Select(r => r.Sequence));
        Assert.Equal([5L, 4], (await Store.SearchTrailAsync(trail, 100, 1, new AuditFilter { From = Noon.AddMinutes(3), Until = Noon.AddMinutes(5) }, 10)).Select(r => r.Sequence));
        Assert.Empty(await Store.SearchTrailAsync(trail + 1, 100, 1, new AuditFilter(), 10));
    }

    private async Task OpenAsync()
    {
        spool = await OpenStoreAsync();
        owner = await spool.ClaimAsync(Partition, "test");
    }

    private async Task FillAsync(int count)
    {
        var first = (await Store.TrailsAsync()).FirstOrDefault(t => t.Number == trail)?.Head?.Sequence + 1 ?? 1;
        for (var n = first; n < first + count; n++)
        {
            var audit = new AuditEvent(Noon.AddMinutes(n - 1), n % 2 is 0 ? AuditKind.Viewed : AuditKind.Tried, default, -1, string.Create(CultureInfo.InvariantCulture, $"event {n}"), n % 3 is 0 ? "ops" : n is 4 ? "local:0" : null);
            Assert.True((await spool.CommitAsync(new SpoolOperation(owner) { Audit = [audit] }, Precedence.Routine)).IsCommitted);
        }
    }

    private async Task CheckpointAsync(AuditPruning? pruned = null, AuditPoint? anchor = null)
    {
        var head = (await Store.TrailsAsync()).Single(t => t.Number == trail).Head!.Value;
        var checkpoint = new AuditCheckpoint(trail, ++number, AuditCheckpointKind.Interval, "n1", Noon, head.Sequence, head.Hash, digest) { Pruned = pruned, Anchor = anchor };
        var body = checkpoint.Write();
        digest = AuditCheckpoint.DigestOf(body);
        Assert.True(await spool.ExchangeDocumentAsync(AuditCheckpoint.DocumentKind, checkpoint.Id, null, new SignedCheckpoint(body, null).Write()));
    }

    private Task CutEndAsync(long last) => TamperAsync(
        $"DELETE FROM audit WHERE seq > {last}", $"UPDATE audit_end SET seq = {last}, hash = (SELECT hash FROM audit WHERE seq = {last}) WHERE name = 'head'");

    // The store does not know of it, and the next one that opens must find it.
    private async Task TamperAsync(params string[] sql)
    {
        await spool.DisposeAsync();
        foreach (var one in sql.SelectMany(s => s.Split(';'))) await ExecuteAsync(one);
        await OpenAsync();
    }

    private async Task<AuditReport> VerifyAsync(IReadOnlyDictionary<string, string>? shipped = null)
    {
        var verifier = shipped is null ? new AuditVerifier(Store) : new AuditVerifier(Store) { Shipped = shipped };
        return await verifier.VerifyAsync();
    }
}
