using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Storage.Tests;

/// <summary>The server goes away, each time another way, under load: what was acknowledged is there, and the store comes back by itself.</summary>
public sealed class PostgreSqlOutageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Callers = 16;

    private readonly Workspace workspace = new("outage");
    private readonly ConcurrentDictionary<long, int> acknowledged = new();
    private long sequence;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        workspace.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    [Trait("Threat", "F2")]
    public async Task Loses_nothing_acknowledged_when_the_server_dies_again_and_again()
    {
        await using var server = await PostgreSqlInstance.StartAsync(workspace["server"]);
        await using var spool = await OpenAsync(server.Connection("postgres"), TimeSpan.FromSeconds(60));
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(spool, stop.Token);
        for (var crash = 1; crash <= 4; crash++)
        {
            var before = acknowledged.Count;
            await Eventually.ComesTrueAsync(() => acknowledged.Count > before + 100, TimeSpan.FromSeconds(60), "commits go on");
            server.Crash();
            await server.StartAgainAsync();
        }

        await stop.CancelAsync();
        Assert.Empty(await load);
        await VerifyAsync(spool);
        Assert.Equal(SpoolHealth.Ready, spool.Health);
    }

    [Fact]
    [Trait("Threat", "F10")]
    public async Task Refuses_while_the_server_is_away_for_long_and_recovers_by_itself()
    {
        await using var server = await PostgreSqlInstance.StartAsync(workspace["server"]);
        await using var spool = await OpenAsync(server.Connection("postgres"), TimeSpan.FromMilliseconds(500));
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(spool, stop.Token);
        await Eventually.ComesTrueAsync(() => acknowledged.Count > 200, TimeSpan.FromSeconds(60), "commits go on");
        server.Stop();
        await Eventually.ComesTrueAsync(() => spool.Health == SpoolHealth.Unwritable, TimeSpan.FromSeconds(60), "the store says that it is away");
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await spool.QueryAsync(new MessageQuery()));
        await server.StartAgainAsync();
        // Nobody commits: asking for its health is enough.
        await stop.CancelAsync();
        var refused = await load;
        await Eventually.ComesTrueAsync(() => spool.Health == SpoolHealth.Ready, TimeSpan.FromSeconds(60), "the store is back");
        Assert.All(refused, status => Assert.Equal(CommitStatus.Unwritable, status));
        await VerifyAsync(spool);
    }

    [Fact]
    [Trait("Threat", "F2")]
    public async Task Goes_on_at_the_standby_when_that_is_promoted()
    {
        var first = await PostgreSqlInstance.StartAsync(workspace["first"]);
        await using var second = await first.StandbyAsync(workspace["second"]);
        await first.QueryAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        await first.QueryAsync("postgres", "SELECT pg_reload_conf()");
        await Eventually.ComesTrueAsync(async () => await first.QueryAsync("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1", TimeSpan.FromSeconds(60), "the standby follows");
        await using var spool = await OpenAsync(
            $"Host=127.0.0.1:{first.Port},127.0.0.1:{second.Port};Username={PostgreSqlInstance.User};Database=postgres", TimeSpan.FromSeconds(60));
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(spool, stop.Token);
        await Eventually.ComesTrueAsync(() => acknowledged.Count > 200, TimeSpan.FromSeconds(60), "commits go on");
        await first.DisposeAsync();
        await second.PromoteAsync();
        var before = acknowledged.Count;
        await Eventually.ComesTrueAsync(() => acknowledged.Count > before + 200, TimeSpan.FromSeconds(60), "commits go on at the other server");
        await stop.CancelAsync();
        Assert.Empty(await load);
        await VerifyAsync(spool);
    }

    [Fact]
    [Trait("Threat", "F10")]
    public async Task A_node_that_starts_before_its_store_waits_for_it()
    {
        await using var server = await PostgreSqlInstance.StartAsync(workspace["server"]);
        var options = new PostgreSqlSpoolOptions { Connection = server.Connection("postgres"), Node = "n1" };
        server.Stop();
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await PostgreSqlSpool.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance));
        var opening = PostgreSqlSpool.OpenAsync(options with { StartPatience = TimeSpan.FromSeconds(60) }, TimeProvider.System, NullLoggerFactory.Instance).AsTask();
        await server.StartAgainAsync();
        await using (await opening)
        {
        }

        // Who is refused is not asked to wait.
        var stranger = options with { Connection = server.Connection("no-such-database"), StartPatience = TimeSpan.FromHours(1) };
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await PostgreSqlSpool.OpenAsync(stranger, TimeProvider.System, NullLoggerFactory.Instance));
    }

    private static async Task<PostgreSqlSpool> OpenAsync(string connection, TimeSpan patience) => await PostgreSqlSpool.OpenAsync(
        new PostgreSqlSpoolOptions { Connection = connection, Node = "n1", Patience = patience, ReadPatience = TimeSpan.FromSeconds(1) }, TimeProvider.System, NullLoggerFactory.Instance);

    /// <summary>
    /// Returns how the commits ended that were refused. Not counted: a large content, of which a part was written ahead and is gone with
    /// the server's memory; it is refused, and the client tries again.
    /// </summary>
    private async Task<IReadOnlyCollection<CommitStatus>> LoadAsync(PostgreSqlSpool spool, CancellationToken cancellationToken)
    {
        var refused = new ConcurrentQueue<CommitStatus>();
        var owner = await spool.ClaimAsync(3, "n1", CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var n = Interlocked.Increment(ref sequence);
                var id = MessageId.Create(spool.Run, n, 3);
                try
                {
                    await using var writer = spool.CreateContent();
                    await writer.WriteAsync(Content(id.Value), CancellationToken.None);
                    await using var content = await writer.CompleteAsync(CancellationToken.None);
                    var envelope = new Envelope
                    {
                        ReversePath = ReversePath.Null, Recipients = [new Recipient(Mailbox.Parse("desk@headquarters.example")) { DuplicateKey = (ulong)id.Value }],
                        ArrivedAt = DateTimeOffset.UnixEpoch.AddDays(20_000), Origin = new Origin { Listener = "relay" },
                    };
                    var result = await spool.CommitAsync(
                        new SpoolOperation(owner)
                        {
                            Accept = [new NewMessage(id, envelope, default, content, null, MilSwitch.Domain.Delivery.RecipientState.Queued, null)],
                            Audit = [new AuditEvent(envelope.ArrivedAt, AuditKind.Accepted, id)],
                        },
                        n % 20 == 0 ? Precedence.Flash : Precedence.Routine, CancellationToken.None);
                    if (result.IsCommitted) acknowledged[id.Value] = result.Duplicates.Length;
                    else if (!IsLarge(id.Value)) refused.Enqueue(result.Status);
                }
                catch (SpoolUnavailableException)
                {
                    if (!IsLarge(id.Value)) refused.Enqueue(CommitStatus.Unwritable);
                }
            }
        })));
        return refused;
    }

    private static bool IsLarge(long seed) => (seed >> 6) % 10 is 0;

    private static byte[] Content(long seed)
    {
        var octets = new byte[IsLarge(seed) ? 300_000 : 2_000];
        for (var i = 0; i < octets.Length; i++) octets[i] = (byte)(seed + i);
        return octets;
    }

    private async Task VerifyAsync(PostgreSqlSpool spool)
    {
        var stored = await spool.QueryAsync(new MessageQuery { Limit = int.MaxValue });
        output.WriteLine($"{acknowledged.Count} acknowledged, {stored.Count} stored");
        Assert.Empty(acknowledged.Keys.Except(stored.Select(m => m.Id.Value)));
        Assert.DoesNotContain(acknowledged.Values, duplicates => duplicates > 0);
        Assert.True((await spool.VerifyAuditAsync()).IsIntact);
        foreach (var message in stored)
        {
            await using var content = (await spool.OpenContentAsync(message.Id))!;
            var octets = new byte[content.Length];
            for (var filled = 0; filled < octets.Length;)
            {
                var count = await content.ReadAsync(octets.AsMemory(filled));
                Assert.NotEqual(0, count);
                filled += count;
            }

            Assert.Equal(Content(message.Id.Value), octets);
            Assert.Single(await spool.ReadAuditAsync(message.Id));
        }
    }
}
