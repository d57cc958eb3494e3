using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Operations;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Testing;

namespace MilSwitch.Storage.Tests;

/// <summary>What becomes of requests with a key, for two nodes over one store.</summary>
[Trait("Category", "Integration")]
public sealed class PostgreSqlRequestTests : IAsyncLifetime
{
    private static readonly byte[] Fingerprint = [1, 2, 3];
    private static readonly RequestAnswer Answer = new(200, "application/json", "\"tag\"", Encoding.UTF8.GetBytes("{}"));

    private PostgreSqlInstance server = null!;
    private string connection = "";
    private PostgreSqlSpool one = null!;
    private PostgreSqlSpool two = null!;

    public async Task InitializeAsync()
    {
        server = await PostgreSqlInstance.SharedAsync();
        connection = await server.NewDatabaseAsync();
        one = await OpenAsync("n1");
        two = await OpenAsync("n2");
    }

    public async Task DisposeAsync()
    {
        await one.DisposeAsync();
        await two.DisposeAsync();
    }

    [Fact]
    public async Task A_key_is_taken_once_and_its_answer_is_the_same_everywhere()
    {
        Assert.Equal(RequestState.Taken, (await one.ClaimRequestAsync("token ops", "k", Fingerprint)).State);
        foreach (var store in (PostgreSqlSpool[])[one, two]) Assert.Equal(RequestState.UnderWay, (await store.ClaimRequestAsync("token ops", "k", Fingerprint)).State);
        await one.CompleteRequestAsync("token ops", "k", Answer);
        foreach (var store in (PostgreSqlSpool[])[one, two])
        {
            var claim = await store.ClaimRequestAsync("token ops", "k", Fingerprint);
            Assert.Equal(RequestState.Answered, claim.State);
            Assert.Equal((200, "application/json", "\"tag\"", "{}"), (claim.Answer!.Status, claim.Answer.Type, claim.Answer.Tag, Encoding.UTF8.GetString(claim.Answer.Body.Span)));
        }

        Assert.Equal(RequestState.Differs, (await two.ClaimRequestAsync("token ops", "k", new byte[] { 9 })).State);
        Assert.Equal(RequestState.Taken, (await two.ClaimRequestAsync("token other", "k", Fingerprint)).State);
        await two.CompleteRequestAsync("token other", "k", new RequestAnswer(204, null, null, default));
        Assert.Equal(0, (await one.ClaimRequestAsync("token other", "k", Fingerprint)).Answer!.Body.Length);
    }

    [Fact]
    public async Task Of_many_who_take_a_key_at_once_one_gets_it()
    {
        for (var key = 0; key < 20; key++)
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => (n % 2 is 0 ? one : two).ClaimRequestAsync("ops", $"{key}", Fingerprint).AsTask()));
            Assert.Single(all, c => c.State is RequestState.Taken);
            Assert.Equal(7, all.Count(c => c.State is RequestState.UnderWay));
        }
    }

    [Fact]
    public async Task A_key_that_is_given_up_is_free_again_and_only_its_own_node_gives_it_up()
    {
        await one.ClaimRequestAsync("ops", "k", Fingerprint);
        await two.AbandonRequestAsync("ops", "k");
        Assert.Equal(RequestState.UnderWay, (await two.ClaimRequestAsync("ops", "k", Fingerprint)).State);
        await one.AbandonRequestAsync("ops", "k");
        Assert.Equal(RequestState.Taken, (await two.ClaimRequestAsync("ops", "k", Fingerprint)).State);
        await two.CompleteRequestAsync("ops", "k", Answer);
        await two.AbandonRequestAsync("ops", "k");
        Assert.Equal(RequestState.Answered, (await one.ClaimRequestAsync("ops", "k", Fingerprint)).State);
    }

    [Fact]
    public async Task What_a_node_began_before_it_died_is_done_by_nobody_else()
    {
        await one.ClaimRequestAsync("ops", "k", Fingerprint);
        await QueryAsync($"UPDATE run SET seen = '-infinity' WHERE id = {one.Run}");
        Assert.Equal(RequestState.Lost, (await two.ClaimRequestAsync("ops", "k", Fingerprint)).State);
    }

    [Fact]
    [Trait("Threat", "W2")]
    public async Task The_oldest_are_forgotten()
    {
        await two.DisposeAsync();
        two = await OpenAsync("n2", o => o with { RequestsPerCaller = 3, RequestOctets = 1000 });
        await TakeAsync("other", "k");
        for (var n = 0; n < 5; n++) await TakeAsync("ops", $"{n}");
        Assert.Equal("ops 2,ops 3,ops 4,other k", await KeysAsync());
        // All callers together: what is newest has the room.
        await TakeAsync("large", "k", 995);
        Assert.Equal("large k,ops 3,ops 4", await KeysAsync());
        await QueryAsync("UPDATE request SET began = began - interval '25 hours' WHERE caller = 'large'");
        await TakeAsync("ops", "5");
        Assert.Equal("ops 3,ops 4,ops 5", await KeysAsync());
    }

    private async Task TakeAsync(string caller, string key, int octets = 2)
    {
        Assert.Equal(RequestState.Taken, (await two.ClaimRequestAsync(caller, key, Fingerprint)).State);
        await two.CompleteRequestAsync(caller, key, Answer with { Body = new byte[octets] });
    }

    private Task<string> KeysAsync() => QueryAsync("SELECT string_agg(caller || ' ' || key, ',' ORDER BY caller, key) FROM request");

    private Task<string> QueryAsync(string sql) => server.QueryAsync(connection[(connection.LastIndexOf('=') + 1)..], sql);

    private async Task<PostgreSqlSpool> OpenAsync(string node, Func<PostgreSqlSpoolOptions, PostgreSqlSpoolOptions>? change = null)
    {
        var options = new PostgreSqlSpoolOptions { Connection = connection, Node = node };
        return await PostgreSqlSpool.OpenAsync(change?.Invoke(options) ?? options, TimeProvider.System, NullLoggerFactory.Instance);
    }
}
