using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Coordination;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Switching.Cluster;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>The lease that decides which part of a divided cluster goes on, over a real store.</summary>
[Collection(AloneCollection.Name)]
public sealed class StoreLeaseTests
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(4);

    [RequiresFact("postgres")]
    [Trait("Threat", "F23")]
    public async Task Who_wants_it_waits_for_the_end_of_a_holder_that_died()
    {
        await using var store = await OpenAsync();
        using var system = Start(store);
        // It died a moment after it took it.
        Assert.True(await store.AcquireLeaseAsync("split", "dead", Life));
        Assert.True(await LeaseOf(system, "survivor").Acquire());
        Assert.Equal("survivor", (await store.ReadLeaseAsync("split"))?.Owner);
    }

    [RequiresFact("postgres")]
    [Trait("Threat", "F23")]
    public async Task Who_wants_it_is_refused_while_its_holder_lives()
    {
        await using var store = await OpenAsync();
        using var system = Start(store);
        var held = LeaseOf(system, "holder");
        Assert.True(await held.Acquire());
        Assert.False(await LeaseOf(system, "other").Acquire());
        Assert.True(held.CheckLease());
        Assert.True(await held.Release());
    }

    private static async Task<PostgreSqlSpool> OpenAsync()
    {
        var server = await PostgreSqlInstance.SharedAsync();
        return await PostgreSqlSpool.OpenAsync(new PostgreSqlSpoolOptions { Connection = await server.NewDatabaseAsync(), Node = "test" }, TimeProvider.System, NullLoggerFactory.Instance);
    }

    private static ActorSystem Start(PostgreSqlSpool store) => ActorSystem.Create(
        "milswitch", BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString("akka.loglevel = OFF")).And(new ClusterStoreSetup(store, TimeProvider.System)));

    private static StoreLease LeaseOf(ActorSystem system, string owner) => new(
        new LeaseSettings("split", owner, new TimeoutSettings(TimeSpan.FromSeconds(1), Life, TimeSpan.FromSeconds(3)), ConfigurationFactory.Empty), (ExtendedActorSystem)system);
}
