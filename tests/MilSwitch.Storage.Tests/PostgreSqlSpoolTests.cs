using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Testing;
using Npgsql;

namespace MilSwitch.Storage.Tests;

/// <summary>The rules of a store on a real server, and what only a shared one has to keep.</summary>
public sealed class PostgreSqlSpoolTests : SpoolContract
{
    private PostgreSqlInstance server = null!;
    private string connection = "";

    public override async Task InitializeAsync()
    {
        server = await PostgreSqlInstance.SharedAsync();
        connection = await server.NewDatabaseAsync();
        await base.InitializeAsync();
    }

    protected override async Task<ISpool> OpenAsync() => await OpenAsync("n1");

    [Fact]
    public async Task Leaves_a_partition_to_its_owner_while_that_was_seen_and_takes_it_from_an_earlier_start_of_itself()
    {
        var (one, two) = (new NodeIdentity("one", Spool.Run), new NodeIdentity("two", Spool.Run + 1));
        var first = await Spool.TryClaimAsync(9, one);
        Assert.Equal(1, await Spool.StayAsync(one));
        Assert.Null(await Spool.TryClaimAsync(9, two));
        var again = await Spool.TryClaimAsync(9, one with { Incarnation = one.Incarnation + 5 });
        Assert.True(again!.Value.Epoch > first!.Value.Epoch);
        Assert.Null(await Spool.TryClaimAsync(9, one));
        Assert.Equal(0, await Spool.StayAsync(one));
        await Spool.ReleaseAsync(first.Value);
        Assert.Null(await Spool.TryClaimAsync(9, two));
        await Spool.ReleaseAsync(again.Value);
        Assert.True((await Spool.TryClaimAsync(9, two))!.Value.Epoch > again.Value.Epoch);
    }

    [Fact]
    public async Task Gives_a_partition_to_another_when_its_owner_was_not_seen_for_long()
    {
        var claimed = await Spool.TryClaimAsync(9, new NodeIdentity("one", 1));
        await ExecuteAsync("UPDATE ownership SET seen = seen - interval '5 seconds' WHERE partition = 9");
        Assert.True((await Spool.TryClaimAsync(9, new NodeIdentity("two", 2)))!.Value.Epoch > claimed!.Value.Epoch);
    }

    [Fact]
    public async Task Fails_only_the_operations_whose_partition_has_another_owner()
    {
        await using var other = await OpenAsync("n2");
        var mine = await Spool.ClaimAsync(10, "n1");
        await using var content = await StageAsync(Octets(10));
        var theirs = await other.ClaimAsync(Partition, "n2");
        var commits = new List<Task<CommitResult>>();
        for (var i = 0; i < 40; i++)
        {
            var owner = i % 2 == 0 ? mine : Owner;
            var id = MessageId.Create(Spool.Run, 1000 + i, owner.Partition);
            commits.Add(CommitAsync(new SpoolOperation(owner)
            {
                Accept = [new NewMessage(id, Envelope(), default, content, null, RecipientState.Queued, null)], Audit = [new AuditEvent(Noon, AuditKind.Accepted, id)],
            }).AsTask());
        }

        var results = await Task.WhenAll(commits);
        for (var i = 0; i < results.Length; i++) Assert.Equal(i % 2 == 0 ? CommitStatus.Committed : CommitStatus.Fenced, results[i].Status);
        Assert.Equal(20, (await Spool.QueryAsync(new MessageQuery())).Count);
        Assert.True((await Store.VerifyAuditAsync()).IsIntact);
        Assert.True(theirs.Epoch > Owner.Epoch);
    }

    [Fact]
    public async Task A_claim_waits_for_the_commit_in_flight_and_then_sees_it()
    {
        await using var other = await OpenAsync("n2");
        await using var flight = await OpenConnectionAsync();
        await using var transaction = await flight.BeginTransactionAsync();
        await ExecuteAsync(flight, $"SELECT fence(ARRAY[{Partition}], ARRAY[{Owner.Epoch}::bigint])");
        var claim = other.ClaimAsync(Partition, "n2").AsTask();
        await Eventually.ComesTrueAsync(
            async () => await ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") > 0, TimeSpan.FromSeconds(20), "the claim waits");
        Assert.False(claim.IsCompleted);
        await transaction.CommitAsync();
        Assert.True((await claim).Epoch > Owner.Epoch);
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(flight, $"SELECT fence(ARRAY[{Partition}], ARRAY[{Owner.Epoch}::bigint])"));
    }

    [Fact]
    public async Task A_claim_ends_the_session_of_a_node_that_was_stopped_in_the_middle_of_a_commit()
    {
        await using var other = await OpenAsync("n2");
        var builder = new NpgsqlConnectionStringBuilder(connection) { ApplicationName = Sessions.WriterName(Spool.Run), Pooling = false };
        await using var stopped = new NpgsqlConnection(builder.ToString());
        await stopped.OpenAsync();
        await using var transaction = await stopped.BeginTransactionAsync();
        await ExecuteAsync(stopped, $"SELECT fence(ARRAY[{Partition}], ARRAY[{Owner.Epoch}::bigint])");
        Assert.True((await other.ClaimAsync(Partition, "n2")).Epoch > Owner.Epoch);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync(stopped, "SELECT 1"));
        await using var content = await StageAsync(Octets(10));
        Assert.Equal(CommitStatus.Fenced, (await CommitAsync(Accept(NextId(), content))).Status);
    }

    [Fact]
    [Trait("Threat", "F2")]
    public async Task A_commit_whose_answer_was_lost_is_found_to_have_happened()
    {
        // The server waits for a standby that is not there: what waits is in its log already, and the end of the session loses only the answer.
        var id = NextId();
        await using var content = await StageAsync(Octets(100_000));
        await server.QueryAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await server.QueryAsync("postgres", "SELECT pg_reload_conf()");
        Task<CommitResult> commit;
        try
        {
            await Eventually.ComesTrueAsync(async () => await server.QueryAsync("postgres", "SHOW synchronous_standby_names") == "nobody", TimeSpan.FromSeconds(20), "the setting counts");
            commit = CommitAsync(Accept(id, content)).AsTask();
            await Eventually.ComesTrueAsync(async () => await ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") > 0, TimeSpan.FromSeconds(20), "the commit waits");
            await server.QueryAsync("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
            // Its session first, or the reload would let it go.
            await server.QueryAsync("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        }
        finally
        {
            await server.QueryAsync("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
            await server.QueryAsync("postgres", "SELECT pg_reload_conf()");
        }

        Assert.True((await commit).IsCommitted);
        Assert.Equal(Octets(100_000), await ContentAsync(id));
        Assert.Single(await Spool.ReadAuditAsync(id));
        Assert.True((await CommitAsync(Accept(NextId(), await StageAsync(Octets(1))))).IsCommitted);
        Assert.True((await Store.VerifyAuditAsync()).IsIntact);
    }

    [Fact]
    [Trait("Threat", "F10")]
    public async Task Commits_and_reads_over_killed_connections()
    {
        for (var round = 0; round < 5; round++)
        {
            var id = NextId();
            await ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()");
            Assert.True((await AcceptAsync(id, Envelope(), Octets(100_000))).IsCommitted);
            await ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()");
            Assert.Equal(Octets(100_000), await ContentAsync(id));
        }

        Assert.Equal(SpoolHealth.Ready, Spool.Health);
        Assert.True((await Store.VerifyAuditAsync()).IsIntact);
    }

    [Fact]
    public async Task Names_the_node_that_recorded_each_line_of_a_message_and_who_has_its_partition()
    {
        await using var other = await OpenAsync("n2");
        var id = NextId();
        await CommitAsync(new SpoolOperation(Owner) { Audit = [new AuditEvent(Noon, AuditKind.Accepted, id)] });
        var two = new NodeIdentity("n2", other.Run);
        var taken = await other.ClaimAsync(id.Partition, "n2");
        await other.CommitAsync(new SpoolOperation(taken) { Audit = [new AuditEvent(Noon.AddSeconds(1), AuditKind.Delivered, id, 0)] }, Precedence.Routine);
        Assert.Equal(
            [(AuditKind.Accepted, new NodeIdentity("n1", Spool.Run)), (AuditKind.Delivered, two)],
            (await Store.ReadTrailsOfAsync(id)).Select(r => (r.Event.Kind, new NodeIdentity(r.Node!, r.Trail))));
        Assert.Equal(two, await Store.OwnerAsync(id.Partition));
        await other.ReleaseAsync(taken);
        Assert.Null(await Store.OwnerAsync(id.Partition));
    }

    [Fact]
    public async Task Two_nodes_take_a_recipient_once()
    {
        await using var other = await OpenAsync("n2");
        var theirs = await other.ClaimAsync(20, "n2");
        for (var i = 0; i < 30; i++)
        {
            await using var one = await StageAsync(Octets(10));
            await using var content = await WriteAsync(other, Octets(10));
            var id = MessageId.Create(other.Run, i + 1, 20);
            var results = await Task.WhenAll(
                CommitAsync(Accept(NextId(), one, Keyed((i, "a@x.example")))).AsTask(),
                other.CommitAsync(
                    new SpoolOperation(theirs) { Accept = [new NewMessage(id, Keyed((i, "a@x.example")), default, content, null, RecipientState.Queued, null)] }, Precedence.Routine).AsTask());
            Assert.Equal(1, results.Sum(r => r.Duplicates.Length));
            Assert.All(results, r => Assert.True(r.IsCommitted));
        }
    }

    [Fact]
    [Trait("Threat", "F1")]
    public async Task Sweeps_what_dead_runs_staged_and_nothing_of_those_that_live()
    {
        await using var other = await OpenAsync("n2");
        await using var live = other.CreateContent();
        await live.WriteAsync(Octets(600_000));
        await using var staged = await live.CompleteAsync();
        await Store.SweepAsync();
        Assert.Equal(3, await ScalarAsync("SELECT count(*) FROM chunk"));
        await ExecuteAsync($"UPDATE run SET seen = seen - interval '1 hour' WHERE id = {other.Run}");
        await Store.SweepAsync();
        Assert.Equal(0, await ScalarAsync("SELECT count(*) FROM chunk"));

        // It was not dead after all: its message is refused, and not stored without its content.
        var owner = await other.ClaimAsync(20, "n2");
        var id = MessageId.Create(other.Run, 1, 20);
        var refused = await other.CommitAsync(
            new SpoolOperation(owner) { Accept = [new NewMessage(id, Envelope(), default, staged, null, RecipientState.Queued, null)] }, Precedence.Routine);
        Assert.Equal(CommitStatus.Unwritable, refused.Status);
        Assert.Equal(SpoolHealth.Ready, other.Health);
        Assert.Null(await other.ReadAsync(id));
    }

    [Fact]
    public async Task Removes_chunks_when_their_last_message_drops_them_or_nobody_wants_them()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(600_000));
        await (await StageAsync(Octets(300_000))).DisposeAsync();
        await using (var writer = Spool.CreateContent()) await writer.WriteAsync(Octets(700_000));
        await Eventually.ComesTrueAsync(async () => await ScalarAsync("SELECT count(*) FROM chunk") == 3, TimeSpan.FromSeconds(20), "only the message's chunks are left");
        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(id, MessageState.Done, DropContent: true)] });
        await Eventually.ComesTrueAsync(async () => await ScalarAsync("SELECT count(*) FROM chunk") == 0, TimeSpan.FromSeconds(20), "the chunks are gone");
        Assert.Equal(0, await ScalarAsync("SELECT count(*) FROM loose"));
    }

    [Fact]
    public async Task Migrates_once_when_nodes_start_together()
    {
        connection = await server.NewDatabaseAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => OpenAsync($"n{i}")));
        Assert.Equal(4, all.Select(s => s.Run).Distinct().Count());
        Assert.Equal(Migrations.Known.Count, await ScalarAsync("SELECT count(*) FROM schema_version"));
        foreach (var spool in all) await spool.DisposeAsync();
    }

    [Fact]
    public async Task Works_beside_a_newer_schema_that_allows_it_and_refuses_one_that_does_not()
    {
        var newest = Migrations.Known[^1].Version;
        await ExecuteAsync($"INSERT INTO schema_version (version, works_with, name) VALUES ({newest + 1}, {newest}, 'newer')");
        await ReopenAsync();
        await ExecuteAsync($"INSERT INTO schema_version (version, works_with, name) VALUES ({newest + 2}, {newest + 1}, 'newest')");
        var refusal = await Assert.ThrowsAsync<StoreVersionException>(() => OpenAsync("old"));
        Assert.Contains($"schema {newest + 2}", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PolicyDocuments.Rule)]
    [InlineData(PolicyDocuments.ProfilePlan)]
    [Trait("Feature", "O-03")]
    public async Task Writes_nothing_that_was_judged_by_rules_that_another_node_replaced(string kind)
    {
        await using var other = await OpenAsync("n2");
        var judgedBy = await Spool.PolicyVersionAsync();
        var (before, after) = (NextId(), NextId());
        AuditEvent Line(MessageId id) => new(TimeProvider.System.GetUtcNow(), AuditKind.Requeued, id, -1, "judged");
        Assert.True((await CommitAsync(new SpoolOperation(Owner) { Audit = [Line(before)], Policy = judgedBy })).IsCommitted);

        await other.PutDocumentAsync(kind, "minimize", "{}");

        var late = Spool.CommitAsync(new SpoolOperation(Owner) { Audit = [Line(after)], Policy = judgedBy }, Precedence.Flash);
        var beside = Spool.CommitAsync(new SpoolOperation(Owner) { Audit = [Line(before) with { Detail = "does not depend on rules" }] }, Precedence.Flash);
        Assert.Equal(CommitStatus.Outdated, (await late).Status);
        Assert.True((await beside).IsCommitted);
        Assert.Empty(await Spool.ReadAuditAsync(after));
        Assert.True((await CommitAsync(new SpoolOperation(Owner) { Audit = [Line(after)], Policy = await Spool.PolicyVersionAsync() })).IsCommitted);
    }

    [Fact]
    public async Task Counts_changes_of_documents_for_all_nodes()
    {
        await using var other = await OpenAsync("n2");
        var before = await other.PolicyVersionAsync();
        await Spool.PutDocumentAsync("rule", "a", "{}");
        var after = await other.PolicyVersionAsync();
        Assert.True(after > before);
        await CommitAsync(new SpoolOperation(Owner) { Documents = [new StoredDocument("decisions", NextId().ToString(), "[]")] });
        Assert.Equal(after, await other.PolicyVersionAsync());
        await CommitAsync(new SpoolOperation(Owner) { Documents = [new StoredDocument("rule", "b", "{}")] });
        Assert.True(await other.PolicyVersionAsync() > after);
    }

    [Fact]
    public async Task Knows_the_nodes_that_are_there()
    {
        IClusterStore store = Store;
        var (one, again) = (new NodeIdentity("one", 1), new NodeIdentity("one", 2));
        await store.RegisterNodeAsync("10.0.0.1:4053", one);
        await store.RegisterNodeAsync("10.0.0.2:4053", new NodeIdentity("two", 3));
        Assert.Equal(["10.0.0.1:4053", "10.0.0.2:4053"], (await store.FreshNodesAsync(TimeSpan.FromSeconds(6))).Select(n => n.Address));
        await store.RegisterNodeAsync("10.0.0.1:4053", again);
        Assert.False(await store.RefreshNodeAsync("10.0.0.1:4053", one));
        Assert.True(await store.RefreshNodeAsync("10.0.0.1:4053", again));
        await store.RemoveNodeAsync("10.0.0.1:4053", one);
        await ExecuteAsync("UPDATE node SET seen = seen - interval '7 seconds' WHERE name = 'two'");
        Assert.Equal(again, Assert.Single(await store.FreshNodesAsync(TimeSpan.FromSeconds(6))).Node);
        await store.RemoveNodeAsync("10.0.0.1:4053", again);
        Assert.Empty(await store.FreshNodesAsync(TimeSpan.FromSeconds(6)));
    }

    [Fact]
    public async Task Gives_a_lease_to_one_owner_until_it_runs_out()
    {
        IClusterStore store = Store;
        var hour = TimeSpan.FromHours(1);
        Assert.Null(await store.ReadLeaseAsync("sbr"));
        Assert.False(await store.RefreshLeaseAsync("sbr", "one", hour));
        Assert.True(await store.AcquireLeaseAsync("sbr", "one", hour));
        Assert.True(await store.AcquireLeaseAsync("sbr", "one", hour));
        Assert.False(await store.AcquireLeaseAsync("sbr", "two", hour));
        Assert.Equal("one", (await store.ReadLeaseAsync("sbr"))!.Owner);
        await ExecuteAsync("UPDATE lease SET until = clock_timestamp() - interval '1 second'");
        Assert.False(await store.RefreshLeaseAsync("sbr", "one", hour));
        Assert.True(await store.AcquireLeaseAsync("sbr", "two", hour));
        Assert.False(await store.ReleaseLeaseAsync("sbr", "one"));
        Assert.True(await store.ReleaseLeaseAsync("sbr", "two"));
        Assert.Null(await store.ReadLeaseAsync("sbr"));
    }

    [Fact]
    public async Task Lets_one_form_the_cluster_at_a_time_and_says_when_the_right_is_lost()
    {
        await using var other = await OpenAsync("n2");
        var held = await Store.LockFormationAsync();
        using var cancellation = new CancellationTokenSource();
        var waiting = ((IClusterStore)other).LockFormationAsync(cancellation.Token).AsTask();
        await ExecuteAsync("SELECT 1");
        Assert.False(waiting.IsCompleted);
        await held.DisposeAsync();
        await using var theirs = await waiting;
        Assert.False(theirs.Lost.IsCancellationRequested);
        await ExecuteAsync("SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND a.datname = current_database()");
        await Eventually.ComesTrueAsync(() => theirs.Lost.IsCancellationRequested, TimeSpan.FromSeconds(20), "the loss is found");
        await (await Store.LockFormationAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Keeps_no_lock_and_no_session_for_somebody_who_waits_no_more()
    {
        await using var other = await OpenAsync("n2");
        using var cancellation = new CancellationTokenSource();
        await using (await Store.LockFormationAsync())
        {
            var waiting = ((IClusterStore)other).LockFormationAsync(cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        await Eventually.ComesTrueAsync(
            async () => await ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% lock'") == 0, TimeSpan.FromSeconds(20), "its session has ended");
        await (await Store.LockFormationAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Asks_the_server_nothing_beside_what_it_wants_to_know()
    {
        await using var told = await PostgreSqlSpool.OpenAsync(
            new PostgreSqlSpoolOptions { Connection = connection + ";Options=-c log_statement=all", Node = "told" }, TimeProvider.System, NullLoggerFactory.Instance);
        var marks = Enumerable.Range(0, 20).Select(n => $"{n}-{Guid.NewGuid():N}").ToArray();
        foreach (var mark in marks) await told.ReadDocumentAsync("rule", mark);
        // "time [process] LOG: …"; what was asked for stands in a line of its own, of the same session.
        var log = await File.ReadAllLinesAsync(server.LogFile);
        var sessions = marks.Select(mark => log.First(l => l.Contains(mark, StringComparison.Ordinal)).Split('[', ']')[1]).ToHashSet();
        Assert.True(sessions.Count < marks.Length, "no session was used twice");
        Assert.DoesNotContain(
            log, l => sessions.Any(s => l.Contains($"[{s}]", StringComparison.Ordinal)) && (l.Contains("DISCARD", StringComparison.Ordinal) || l.Contains("RESET ALL", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Verifies_the_trails_of_all_runs_also_after_pruning()
    {
        for (var i = 0; i < 50; i++) await AcceptAsync(NextId(), Envelope() with { ArrivedAt = Noon.AddMinutes(i) }, Octets(1));
        Assert.Equal(new AuditVerification(50, null, null), await Store.VerifyAuditAsync());
        await CutAsync(Noon.AddMinutes(20));
        Assert.Equal(new AuditVerification(30, null, null), await Store.VerifyAuditAsync());
        await ReopenAsync();
        await AcceptAsync(NextId(), Envelope(), Octets(1));
        Assert.Equal(new AuditVerification(31, null, null), await Store.VerifyAuditAsync());
    }

    [Theory]
    [InlineData("UPDATE audit SET detail = 'nothing' WHERE seq = 4", 4)]
    [InlineData("UPDATE audit SET message = 64 WHERE seq = 4", 4)]
    [InlineData("DELETE FROM audit WHERE seq = 4", 4)]
    [InlineData("DELETE FROM audit WHERE seq > 7", 8)]
    [InlineData("UPDATE audit SET hash = decode(repeat('00', 32), 'hex') WHERE seq = 10", 10)]
    public async Task Names_the_first_audit_record_that_was_changed(string change, long expected)
    {
        for (var i = 0; i < 10; i++) await AcceptAsync(NextId(), Envelope(), Octets(1));
        await ExecuteAsync(change);
        Assert.Equal(expected, (await Store.VerifyAuditAsync()).FirstBad);
    }

    [Fact]
    [Trait("Threat", "F11")]
    public async Task Loads_the_others_when_one_record_is_damaged()
    {
        var bad = NextId();
        var good = NextId();
        await AcceptAsync(bad, Envelope(), Octets(1));
        await AcceptAsync(good, Envelope(), Octets(1));
        await ExecuteAsync($"UPDATE message SET envelope = set_byte(envelope, 20, 1) WHERE id = {bad.Value}");
        Assert.Equal([good], (await PendingAsync()).Select(m => m.Id));
        Assert.Equal([good], (await Spool.QueryAsync(new MessageQuery())).Select(m => m.Id));
        await Assert.ThrowsAsync<ContentDamagedException>(async () => await Spool.ReadAsync(bad));
    }

    [Theory]
    [Trait("Threat", "F11")]
    [InlineData(1000, "UPDATE content SET data = set_byte(data, 500, 255)")]
    [InlineData(600_000, "UPDATE chunk SET data = set_byte(data, 500, 255) WHERE n = 2")]
    [InlineData(600_000, "DELETE FROM chunk WHERE n = 1")]
    [InlineData(600_000, "DELETE FROM holder")]
    [InlineData(1000, "DELETE FROM content")]
    public async Task Detects_a_content_that_is_not_what_was_accepted(int size, string damage)
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(size));
        await ExecuteAsync(damage);
        await Assert.ThrowsAsync<ContentDamagedException>(async () => await ContentAsync(id));
    }

    [Fact]
    public async Task Refuses_another_message_under_an_id_that_is_taken()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(10));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await AcceptAsync(id, Envelope("b@y.example"), Octets(11)));
        Assert.Equal(Octets(10), await ContentAsync(id));
    }

    [Fact]
    public async Task Stores_text_that_the_server_has_no_room_for()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(10), message => message with { MessageIdField = "<a\0b\ud800@x>" });
        Assert.Equal("<a\ufffdb\ufffd@x>", (await Spool.ReadAsync(id))!.MessageIdField);
        await CommitAsync(new SpoolOperation(Owner) { Audit = [new AuditEvent(Noon, AuditKind.Viewed, id, -1, "x\0", "o\0p")] });
        Assert.True((await Store.VerifyAuditAsync()).IsIntact);
    }

    [Fact]
    public async Task Keeps_operations_on_one_message_in_their_order_when_they_are_committed_together()
    {
        var id = NextId();
        await using var content = await StageAsync(Octets(10));
        List<Task<CommitResult>> commits = [CommitAsync(Accept(id, content)).AsTask()];
        for (var i = 1; i <= 20; i++) commits.Add(CommitAsync(new SpoolOperation(Owner) { Recipients = [new RecipientChange(id, 0, RecipientState.Queued, i)], Audit = [new AuditEvent(Noon.AddSeconds(i), AuditKind.Deferred, id, 0)] }).AsTask());
        Assert.All(await Task.WhenAll(commits), r => Assert.True(r.IsCommitted));
        Assert.Equal(20, (await Spool.ReadAsync(id))!.Recipients[0].Attempts);
        Assert.Equal(21, (await Spool.ReadAuditAsync(id)).Count);
    }

    private PostgreSqlSpool Store => (PostgreSqlSpool)Spool;

    private SpoolOperation Accept(MessageId id, StagedContent content, Envelope? envelope = null) => new(Owner)
    {
        Accept = [new NewMessage(id, envelope ?? Envelope(), default, content, null, RecipientState.Queued, null)], Audit = [new AuditEvent(Noon, AuditKind.Accepted, id)],
    };

    private static async Task<StagedContent> WriteAsync(ISpool spool, byte[] octets)
    {
        await using var writer = spool.CreateContent();
        await writer.WriteAsync(octets);
        return await writer.CompleteAsync();
    }

    private async Task<PostgreSqlSpool> OpenAsync(string node) =>
        await PostgreSqlSpool.OpenAsync(new PostgreSqlSpoolOptions { Connection = connection, Node = node }, TimeProvider.System, NullLoggerFactory.Instance);

    private async Task<NpgsqlConnection> OpenConnectionAsync()
    {
        var opened = new NpgsqlConnection(connection + ";Pooling=false");
        await opened.OpenAsync();
        return opened;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var own = await OpenConnectionAsync();
        await ExecuteAsync(own, sql);
    }

    private static async Task ExecuteAsync(NpgsqlConnection own, string sql)
    {
        await using var command = new NpgsqlCommand(sql, own);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> ScalarAsync(string sql)
    {
        await using var own = await OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, own);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
