using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Testing;

namespace MilSwitch.Storage.Tests;

/// <summary>The rules of a store hold for a database whose contents are sealed, and nothing of them is in it.</summary>
public sealed class PostgreSqlSealedTests : SpoolContract
{
    private static readonly byte[] Plain = Encoding.ASCII.GetBytes("CANARY the convoy leaves at first light\r\n");

    private readonly Dictionary<string, byte[]> keys = [];
    private PostgreSqlInstance server = null!;
    private string connection = "";
    private string current = "";
    private long retained = 64 << 20;

    public override async Task InitializeAsync()
    {
        server = await PostgreSqlInstance.SharedAsync();
        connection = await server.NewDatabaseAsync();
        NewKey();
        await base.InitializeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_500)]
    [InlineData(15_000)]
    public async Task No_row_has_anything_of_a_content(int repetitions)
    {
        var content = new byte[Plain.Length * repetitions];
        for (var i = 0; i < repetitions; i++) Plain.CopyTo(content, i * Plain.Length);
        var id = NextId();
        await AcceptAsync(id, Envelope(), content);
        await ReopenAsync();
        Assert.Equal(content, await ContentAsync(id));
        var database = connection[(connection.LastIndexOf('=') + 1)..];
        Assert.Equal("0", await server.QueryAsync(database, "SELECT (SELECT count(*) FROM content WHERE position('CANARY'::bytea IN data) > 0) + (SELECT count(*) FROM chunk WHERE position('CANARY'::bytea IN data) > 0)"));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public async Task Tells_whether_anything_is_sealed_with_a_key(int length)
    {
        var before = current;
        await AcceptAsync(NextId(), Envelope(), Octets(length));
        NewKey();
        await ReopenAsync();
        Assert.True(await Store.IsSealedWithAsync(before));
        Assert.False(await Store.IsSealedWithAsync(current));
    }

    [Fact]
    public async Task A_content_is_read_from_its_chunks_before_anything_names_it()
    {
        retained = 0;
        await ReopenAsync();
        await using var staged = await StageAsync(Octets(900_000));
        Assert.Null(staged.ReadFromMemory());
        await using var reader = await staged.OpenAsync();
        var all = new byte[900_000];
        var filled = 0;
        while (await reader.ReadAsync(all.AsMemory(filled, Math.Min(7_777, all.Length - filled))) is > 0 and var count) filled += count;
        Assert.Equal(Octets(900_000), all);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(400_000)]
    public async Task A_key_that_another_node_made_is_looked_for_when_it_is_needed(int length)
    {
        var looks = 0;
        var closed = true;
        var before = new ContentSeal(current, new Dictionary<string, byte[]>(keys));
        var time = new FakeTimeProvider();
        await using var other = await PostgreSqlSpool.OpenAsync(new PostgreSqlSpoolOptions { Connection = connection, Node = "n2" }, time, NullLoggerFactory.Instance);
        other.UseSeal(before);
        other.LearnKeysWith((now, _) =>
        {
            looks++;
            return ValueTask.FromResult(closed ? now.With(new Dictionary<string, byte[]>(), [current]) : now.With(keys, []));
        });
        NewKey();
        await ReopenAsync();
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(length));

        // Its own key does not open it here: that is no damage, and it is not looked for again at once.
        for (var attempt = 0; attempt < 3; attempt++) await Assert.ThrowsAsync<SpoolUnavailableException>(() => ReadAsync(other, id));
        Assert.Equal(1, looks);
        closed = false;
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Octets(length), await ReadAsync(other, id));
        Assert.Equal(2, looks);
        Assert.Equal(Octets(length), await ReadAsync(other, id));
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task A_key_that_no_record_names_is_damage()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(1_000));
        keys.Clear();
        NewKey();
        await ReopenAsync();
        Store.LearnKeysWith((now, _) => ValueTask.FromResult(now));
        await Assert.ThrowsAsync<ContentDamagedException>(() => ReadAsync(Store, id));
    }

    private static async Task<byte[]> ReadAsync(PostgreSqlSpool spool, MessageId id)
    {
        await using var reader = await spool.OpenContentAsync(id);
        var all = new byte[reader!.Length];
        var filled = 0;
        while (await reader.ReadAsync(all.AsMemory(filled)) is > 0 and var count) filled += count;
        return all;
    }

    protected override async Task<ISpool> OpenAsync()
    {
        var spool = await PostgreSqlSpool.OpenAsync(
            new PostgreSqlSpoolOptions { Connection = connection, Node = "n1", Retained = retained }, TimeProvider.System, NullLoggerFactory.Instance);
        spool.UseSeal(new ContentSeal(current, keys));
        return spool;
    }

    private PostgreSqlSpool Store => (PostgreSqlSpool)Spool;

    private void NewKey()
    {
        current = ContentSeal.NewName();
        keys[current] = RandomNumberGenerator.GetBytes(ContentSeal.KeyLength);
    }
}
