using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Storage.Tests;

public sealed class SqliteSpoolTests : SpoolContract
{
    private readonly TemporaryFolder folder = new();
    private int freshLimit = 65_536;
    private long retained = 64 << 20;
    private int inlineLimit = 64 << 10;
    private int openContents = 2048;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_copy_is_of_one_moment_and_has_contents_that_go_while_it_is_made()
    {
        var (first, second) = (NextId(), NextId());
        foreach (var id in new[] { first, second }) Assert.True((await AcceptAsync(id, Envelope(), Octets(300_000))).IsCommitted);
        using var elsewhere = new TemporaryFolder();
        var target = Path.Combine(elsewhere.Path, "copy");
        var late = NextId();
        var told = new Told(() =>
        {
            // The rows are copied, the files are not: one message ends now, and one comes.
            CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(first, MessageState.Done, DropContent: true)] }).AsTask().GetAwaiter().GetResult();
            AcceptAsync(late, Envelope(), Octets(300_000)).AsTask().GetAwaiter().GetResult();
        });
        await ((IStoreCopier)Spool).CopyAsync(target, [new StoredDocument("rule", "restored", "{}")], told);
        await Assert.ThrowsAsync<IOException>(async () => await ((IStoreCopier)Spool).CopyAsync(target, [], null));
        await using (var copy = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = target }, TimeProvider.System, NullLoggerFactory.Instance))
        {
            foreach (var id in new[] { first, second })
            {
                await using var content = await copy.OpenContentAsync(id);
                Assert.Equal(300_000, content!.Length);
            }

            Assert.Null(await copy.ReadAsync(late));
            Assert.Equal("{}", await copy.ReadDocumentAsync("rule", "restored"));
        }

        // What was to be removed meanwhile is, and the store goes on.
        Assert.Null(await Spool.OpenContentAsync(first));
        Assert.Equal(300_000, (await ContentAsync(late)).Length);
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(folder.Path, "content"), "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public async Task A_copy_that_is_given_up_leaves_nothing_behind()
    {
        Assert.True((await AcceptAsync(NextId(), Envelope(), Octets(300_000))).IsCommitted);
        using var elsewhere = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ((IStoreCopier)Spool).CopyAsync(elsewhere.Path, [], new Told(stop.Cancel), stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(elsewhere.Path));
    }

    private sealed class Told(Action act) : IProgress<StoreCopyProgress>
    {
        private bool done;

        public void Report(StoreCopyProgress value)
        {
            // SQLite's own steps come before the rows are there.
            if (done || value.Done is 0) return;
            done = true;
            act();
        }
    }

    protected override async Task<ISpool> OpenAsync() => await SqliteSpool.OpenAsync(
        new SqliteSpoolOptions
        {
            DataFolder = folder.Path, FreshLimit = freshLimit, Retained = retained, InlineLimit = inlineLimit, OpenContents = openContents,
        }, TimeProvider.System, NullLoggerFactory.Instance);

    [Fact]
    [Trait("Threat", "F13")]
    public async Task Keeps_long_contents_in_memory_as_far_as_its_budget_goes_and_gives_it_back()
    {
        const int length = 1_000_000;
        retained = 1 << 20;
        await ReopenAsync();
        var first = await StageAsync(Octets(length));
        await using var second = await StageAsync(Octets(length));
        Assert.NotNull(first.ReadFromMemory());
        Assert.Null(second.ReadFromMemory());
        await using var small = await StageAsync(Octets(200_000));
        Assert.NotNull(small.ReadFromMemory());
        await first.DisposeAsync();
        await using var third = await StageAsync(Octets(length));
        Assert.NotNull(third.ReadFromMemory());

        // Not in memory is not lost.
        var id = NextId();
        await CommitAsync(new SpoolOperation(Owner) { Accept = [new NewMessage(id, Envelope(), default, second, null, RecipientState.Queued, null)] });
        Assert.Equal(Octets(length), await ContentAsync(id));
    }

    [Theory]
    [InlineData(262_144)]
    [InlineData(262_145)]
    public async Task Keeps_contents_whole_when_the_longest_row_is_as_long_as_the_head(int size)
    {
        inlineLimit = 256 << 10;
        await ReopenAsync();
        await using var writer = Spool.CreateContent();
        await writer.WriteAsync(Octets(size).AsMemory(0, 256 << 10));
        await writer.WriteAsync(Octets(size).AsMemory(256 << 10));
        await using var staged = await writer.CompleteAsync();
        var id = NextId();
        await CommitAsync(new SpoolOperation(Owner) { Accept = [new NewMessage(id, Envelope(), default, staged, null, RecipientState.Queued, null)] });
        Assert.Equal(Octets(size), await ContentAsync(id));
    }

    [Fact]
    public async Task Refuses_a_folder_that_is_in_use()
    {
        var refusal = await Assert.ThrowsAsync<DataFolderInUseException>(async () => await OpenAsync());
        Assert.Contains(folder.Path, refusal.Message, StringComparison.Ordinal);
        await ReopenAsync();
    }

    [Fact]
    [Trait("Threat", "F3")]
    public async Task Syncs_every_commit()
    {
        Assert.Equal("wal", Query("PRAGMA journal_mode"));
        Assert.Equal("16384", Query("PRAGMA page_size"));
        await AcceptAsync(NextId(), Envelope(), Octets(1));
        Assert.Equal("ok", Query("PRAGMA integrity_check"));
    }

    [Fact]
    [Trait("Threat", "F3")]
    public async Task Makes_the_folders_of_contents_that_a_cut_first_start_did_not_leave()
    {
        using var other = new TemporaryFolder();
        var content = Directory.CreateDirectory(Path.Combine(other.Path, "content", "ff")).Parent!;

        await using var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = other.Path }, TimeProvider.System, NullLoggerFactory.Instance);

        Assert.Equal(256, content.GetDirectories().Length);
    }

    [Fact]
    [Trait("Threat", "F11")]
    public async Task Detects_a_flipped_byte_in_a_row_before_the_first_octet_is_read()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(1000));
        await ClosedAsync(() => Execute("UPDATE content SET data = CAST(substr(data, 1, 500) || x'ff' || substr(data, 502) AS BLOB)"));
        var damage = await Assert.ThrowsAsync<ContentDamagedException>(async () => await Spool.OpenContentAsync(id));
        Assert.Equal(id, damage.Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(199_999)]
    [Trait("Threat", "F11")]
    public async Task Detects_a_flipped_byte_in_a_file_at_the_latest_at_its_end(int position)
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(200_000));
        await ClosedAsync(() =>
        {
            using var file = File.OpenHandle(Contents().Single(), FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.Write(file, [(byte)(Octets(200_000)[position] ^ 1)], position);
        });
        await Assert.ThrowsAsync<ContentDamagedException>(async () => await ContentAsync(id));
    }

    [Fact]
    [Trait("Threat", "F11")]
    public async Task Detects_a_truncated_and_a_missing_file()
    {
        var cut = NextId();
        await AcceptAsync(cut, Envelope(), Octets(200_000));
        File.WriteAllBytes(Contents().Single(), Octets(199_999));
        await Assert.ThrowsAsync<ContentDamagedException>(async () => await Spool.OpenContentAsync(cut));
        File.Delete(Contents().Single());
        await Assert.ThrowsAsync<ContentDamagedException>(async () => await Spool.OpenContentAsync(cut));
    }

    [Fact]
    [Trait("Threat", "F11")]
    public async Task Loads_the_others_when_one_record_is_damaged()
    {
        var bad = NextId();
        var good = NextId();
        await AcceptAsync(bad, Envelope(), Octets(1));
        await AcceptAsync(good, Envelope(), Octets(1));
        await ClosedAsync(() => Execute($"UPDATE message SET envelope = CAST(substr(envelope, 1, 20) || 'x' || substr(envelope, 22) AS BLOB) WHERE id = {bad.Value}"));
        Assert.Equal([good], (await PendingAsync()).Select(m => m.Id));
        Assert.Equal([good], (await Spool.QueryAsync(new MessageQuery())).Select(m => m.Id));
        await Assert.ThrowsAsync<ContentDamagedException>(async () => await Spool.ReadAsync(bad));
    }

    [Fact]
    [Trait("Threat", "F1")]
    public async Task Sweeps_files_that_no_message_names()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(100_000));
        var named = Contents().Single();
        await ClosedAsync(() =>
        {
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(named)!, "00000000000000000000000000000000"), "orphan");
            File.WriteAllText(named + ".tmp", "unfinished");
        });
        Assert.Equal([named], Contents());
        Assert.Equal(Octets(100_000), await ContentAsync(id));
    }

    [Fact]
    public async Task Removes_a_file_after_the_commit_that_dropped_it()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(100_000));
        Assert.Single(Contents());
        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(id, MessageState.Done, DropContent: true)] });
        // The removal follows the answer on the same thread, so it is done when the next operation ends.
        await CommitAsync(new SpoolOperation(Owner));
        Assert.Empty(Contents());
    }

    [Fact]
    [Trait("Threat", "F12")]
    public async Task Takes_no_more_contents_at_once_than_it_may_have_files_open()
    {
        openContents = 2;
        await ReopenAsync();
        await using var first = Spool.CreateContent();
        await using var second = Spool.CreateContent();
        await using var third = Spool.CreateContent();
        await first.WriteAsync(Octets(100_000));
        await second.WriteAsync(Octets(100_000));
        var refusal = await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await third.WriteAsync(Octets(100_000)));
        Assert.Equal(SpoolHealth.Full, refusal.Health);
        Assert.Equal(SpoolHealth.Ready, Spool.Health);
        await using var row = await StageAsync(Octets(1000));

        await (await first.CompleteAsync()).DisposeAsync();
        await using var next = await StageAsync(Octets(100_000));
        await second.DisposeAsync();
        await using var last = await StageAsync(Octets(100_000));
        Assert.Equal(2, Contents().Length);
    }

    [Fact]
    public async Task Leaves_no_file_of_a_forgotten_or_duplicate_content()
    {
        await using (var writer = Spool.CreateContent()) await writer.WriteAsync(Octets(100_000));
        await (await StageAsync(Octets(100_000))).DisposeAsync();
        await AcceptAsync(NextId(), Keyed((1, "a@x.example")), Octets(1));
        await AcceptAsync(NextId(), Keyed((1, "a@x.example")), Octets(100_000));
        Assert.Empty(Contents());
    }

    [Fact]
    public async Task Verifies_an_audit_trail_that_nobody_touched_also_after_pruning()
    {
        for (var i = 0; i < 50; i++) await AcceptAsync(NextId(), Envelope() with { ArrivedAt = Noon.AddMinutes(i) }, Octets(1));
        Assert.Equal(new AuditVerification(50, null, null), await Sqlite.VerifyAuditAsync());
        await CutAsync(Noon.AddMinutes(20));
        Assert.Equal(new AuditVerification(30, null, null), await Sqlite.VerifyAuditAsync());
        await ReopenAsync();
        await AcceptAsync(NextId(), Envelope(), Octets(1));
        Assert.Equal(new AuditVerification(31, null, null), await Sqlite.VerifyAuditAsync());
    }

    [Theory]
    [InlineData("UPDATE audit SET detail = 'nothing' WHERE seq = 4", 4)]
    [InlineData("UPDATE audit SET actor = '' WHERE seq = 4", 4)]
    [InlineData("UPDATE audit SET at = at + 1 WHERE seq = 4", 4)]
    [InlineData("UPDATE audit SET kind = 2 WHERE seq = 4", 4)]
    [InlineData("UPDATE audit SET recipient = 1 WHERE seq = 4", 4)]
    [InlineData("UPDATE audit SET message = 64 WHERE seq = 4", 4)]
    [InlineData("DELETE FROM audit WHERE seq = 4", 4)]
    [InlineData("DELETE FROM audit WHERE seq = 1", 1)]
    [InlineData("DELETE FROM audit WHERE seq > 7", 8)]
    [InlineData("UPDATE audit SET hash = zeroblob(32) WHERE seq = 10", 10)]
    public async Task Names_the_first_audit_record_that_was_changed(string change, long expected)
    {
        for (var i = 0; i < 10; i++) await AcceptAsync(NextId(), Envelope(), Octets(1));
        await ClosedAsync(() => Execute(change));
        var verification = await Sqlite.VerifyAuditAsync();
        Assert.Equal(expected, verification.FirstBad);
    }

    [Fact]
    public async Task Finds_keys_before_during_and_after_they_were_sorted_in()
    {
        await Spool.DisposeAsync();
        freshLimit = 50;
        await ReopenAsync();
        var ids = new List<MessageId>();
        for (var i = 0; i < 230; i++)
        {
            ids.Add(NextId());
            await AcceptAsync(ids[i], Keyed((i, "a@x.example")), Octets(1), message => message with { MessageIdField = $"<{message.Id}@x>" });
        }

        Assert.NotEqual("0", Query("SELECT count(*) FROM duplicate"));
        Assert.NotEqual("0", Query("SELECT count(*) FROM fresh"));
        await ReopenAsync();
        for (var i = 0; i < ids.Count; i++)
        {
            Assert.Equal([ids[i]], (await Spool.QueryAsync(new MessageQuery { MessageIdField = $"<{ids[i]}@x>" })).Select(m => m.Id));
            Assert.Single((await AcceptAsync(NextId(), Keyed((i, "a@x.example")), Octets(1))).Duplicates);
        }

        await Spool.PruneAsync(DateTimeOffset.MinValue, Noon.AddDays(1));
        await Spool.PruneAsync(DateTimeOffset.MinValue, Noon.AddDays(1));
        Assert.Equal("0", Query("SELECT count(*) FROM duplicate"));
        Assert.Empty((await AcceptAsync(NextId(), Keyed((3, "a@x.example")), Octets(1))).Duplicates);
    }

    [Fact]
    public async Task Starts_the_log_again_so_that_it_does_not_grow_for_ever()
    {
        var commits = new List<Task>();
        for (var i = 0; i < 3000; i++)
        {
            commits.Add(AcceptAsync(NextId(), Envelope(), Octets(30_000)).AsTask());
            if (commits.Count < 100) continue;
            await Task.WhenAll(commits);
            commits.Clear();
        }

        Assert.InRange(new FileInfo(Path.Combine(folder.Path, "spool.db-wal")).Length, 1, 64L << 20);
    }

    [Fact]
    public async Task Refuses_work_after_it_was_closed()
    {
        await Spool.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await CommitAsync(new SpoolOperation(Owner)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Spool.ReadAsync(new MessageId(64)));
        await Spool.DisposeAsync();
        await ReopenAsync();
    }

    [Fact]
    [Trait("Threat", "F31")]
    public async Task Refuses_a_file_that_is_no_database_with_a_clear_text()
    {
        using var other = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(other.Path, "spool.db"), new string('x', 50_000));
        var refusal = await Assert.ThrowsAsync<SpoolUnavailableException>(async () =>
            await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = other.Path }, TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains("not a database", refusal.InnerException!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Opens_again_the_folder_whose_opening_failed()
    {
        using var other = new TemporaryFolder();
        var options = new SqliteSpoolOptions { DataFolder = other.Path };
        await File.WriteAllTextAsync(Path.Combine(other.Path, "spool.db"), new string('x', 50_000));
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await SqliteSpool.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance));
        File.Delete(Path.Combine(other.Path, "spool.db"));
        await using var spool = await SqliteSpool.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Equal(SpoolHealth.Ready, spool.Health);
    }

    private SqliteSpool Sqlite => (SqliteSpool)Spool;

    private string[] Contents() => Directory.GetFiles(Path.Combine(folder.Path, "content"), "*", SearchOption.AllDirectories);

    private async Task ClosedAsync(Action change)
    {
        await Spool.DisposeAsync();
        change();
        await ReopenAsync();
    }

    private void Execute(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, command.ExecuteNonQuery());
    }

    private string Query(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return $"{command.ExecuteScalar()}";
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(folder.Path, "spool.db")};Pooling=False");
        connection.Open();
        return connection;
    }
}
