using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Switching.Partitions;

namespace MilSwitch.Switching.Tests.Alarms;

/// <summary>Conditions that need time: each is provoked, seen, and seen to go.</summary>
public sealed class AlarmConditionTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Queue_growing_for_the_whole_window()
    {
        await using var bench = await AlarmBench.StartAsync();
        for (var minute = 0; minute < 10; minute++)
        {
            Queue(500 + (100 * minute));
            Assert.DoesNotContain("queue-growing", bench.Standing(Minute));
        }

        Queue(2000);
        Assert.Contains("queue-growing", bench.Standing(Minute));
        for (var minute = 0; minute < 3; minute++)
        {
            Queue(1000);
            bench.Standing(Minute);
        }

        Assert.DoesNotContain("queue-growing", bench.Standing(Minute));

        void Queue(int waiting) =>
            bench.Runtime.Partitions.Snapshots[0] = PartitionSnapshot.Empty with { Queued = PartitionSnapshot.Empty.Queued.SetItem((int)Precedence.Routine, waiting) };
    }

    [Fact]
    public async Task Delayed_held_and_unprofiled_mail_by_level()
    {
        await using var bench = await AlarmBench.StartAsync();
        var times = PartitionSnapshot.Empty.Oldest.SetItem((int)Precedence.Flash, AlarmBench.Start);
        bench.Runtime.Partitions.Snapshots[3] = PartitionSnapshot.Empty with { Oldest = times, OldestHeld = times, OldestUnprofiled = times };
        Assert.Empty(bench.Standing(Minute));
        Assert.Equal(["delayed:flash", "unprofiled:flash"], bench.Standing(1.5 * Minute).Order());
        Assert.Equal(["delayed:flash", "unattended:flash", "unprofiled:flash"], bench.Standing(Minute).Order());
        bench.Runtime.Partitions.Snapshots[3] = PartitionSnapshot.Empty;
        Assert.Empty(bench.Standing());
    }

    [Fact]
    public async Task Speed_of_service_below_what_is_wanted()
    {
        await using var bench = await AlarmBench.StartAsync();
        var window = new AlarmSettings().SpeedWindow;
        for (var i = 0; i < 9; i++) bench.Runtime.Speed.Count(Precedence.Immediate, false, window, bench.Runtime.Now);
        Assert.Empty(bench.Standing());
        bench.Runtime.Speed.Count(Precedence.Immediate, true, window, bench.Runtime.Now);
        Assert.Equal(["speed:immediate"], bench.Standing());
        Assert.Contains("10 % of 10", bench.Watch.Alarms[0].Text, StringComparison.Ordinal);
        for (var i = 0; i < 300; i++) bench.Runtime.Speed.Count(Precedence.Immediate, true, window, bench.Runtime.Now);
        Assert.Empty(bench.Standing());
        for (var i = 0; i < 100; i++) bench.Runtime.Speed.Count(Precedence.Immediate, false, window, bench.Runtime.Now);
        Assert.NotEmpty(bench.Standing());
        Assert.Empty(bench.Standing(window + Minute));
    }

    [Fact]
    public async Task Store_that_takes_long()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Spool.LagIs = TimeSpan.FromSeconds(3);
        Assert.Contains("store-latency", bench.Standing());
        bench.Spool.LagIs = TimeSpan.Zero;
        Assert.Contains("store-latency", bench.Standing(TimeSpan.FromSeconds(20)));
        Assert.DoesNotContain("store-latency", bench.Standing(TimeSpan.FromSeconds(11)));
    }

    [Fact]
    public async Task Space_that_will_be_short_before_it_is()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Spool.FreeIs = 10L << 30;
        Assert.Empty(bench.Standing());
        bench.Spool.FreeIs = 9L << 30;
        Assert.Contains("space-growth", bench.Standing(15 * Minute));
        bench.Spool.FreeIs = 1L << 20;
        Assert.Equal(["space"], bench.Standing(Minute));
        bench.Spool.FreeIs = 10L << 30;
        Assert.Empty(bench.Standing(Minute));
    }

    [Fact]
    public async Task Token_that_is_lost_now_and_token_that_is_lost_again_and_again()
    {
        await using var bench = await AlarmBench.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            bench.Tokens = [new TokenStatus("hsm", TokenCondition.Lost, "CKR_DEVICE_REMOVED", bench.Runtime.Now)];
            Assert.Contains("token:hsm", bench.Standing());
            bench.Tokens = [new TokenStatus("hsm", TokenCondition.Working, "", bench.Runtime.Now)];
            Assert.Equal(i is 3, bench.Standing(Minute).Contains("token-errors:hsm"));
        }

        Assert.Empty(bench.Standing(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Parked_mail_and_letters_to_nobody_of_the_last_time()
    {
        await using var bench = await AlarmBench.StartAsync(c => c with { Alarms = new AlarmSettings { DeadLetters = 5 } });
        Assert.Empty(bench.Standing());
        for (var i = 0; i < 6; i++) bench.Runtime.CountDeadLetter();
        bench.Runtime.CountParked();
        Assert.Equal(["dead-letters", "parked"], bench.Standing(Minute).Order());
        Assert.Equal(["parked"], bench.Standing(11 * Minute));
        Assert.Empty(bench.Standing(TimeSpan.FromHours(1.1)));
    }

    [Fact]
    public async Task Node_that_goes_without_a_word_is_missed_until_it_is_back()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Runtime.Cluster = View(true, true);
        Assert.Empty(bench.Watch.OfCluster());
        bench.Runtime.Cluster = View(true, false);
        Assert.Equal(["node:n3"], bench.Watch.OfCluster().Select(a => a.Alarm.Id));
        bench.Runtime.Cluster = View(true, null);
        Assert.Equal(("n3", "node:n3"), bench.Watch.OfCluster().Select(a => (a.Node, a.Alarm.Id)).Single());
        bench.Runtime.Cluster = View(true, true);
        Assert.Empty(bench.Watch.OfCluster());
        // Who leaves in order is missed by nobody.
        bench.Runtime.Cluster = View(true, true, MemberState.Leaving);
        bench.Watch.OfCluster();
        bench.Runtime.Cluster = View(true, null);
        Assert.Empty(bench.Watch.OfCluster());
    }

    [Fact]
    public async Task Half_of_the_nodes_out_of_reach_is_a_split()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Runtime.Cluster = View(false, false);
        Assert.Contains(bench.Watch.OfCluster(), a => a.Alarm.Id is "split");
        var records = await bench.LookAsync();
        Assert.Equal(AlarmSeverity.Critical, records["split"].Severity);
        bench.Runtime.Cluster = View(true, true);
        Assert.Equal(AlarmState.Returned, (await bench.LookAsync(TimeSpan.FromSeconds(1)))["split"].State);
    }

    // Of n2 and n3 whether they are reachable; null: not there.
    private static ClusterView View(bool second, bool? third, MemberState state = MemberState.Up) => new(
    [
        new ClusterMember("n1", "n1:1", MemberState.Up, true, true, null), new ClusterMember("n2", "n2:1", MemberState.Up, second, false, null),
        .. third is { } reachable ? [new ClusterMember("n3", "n3:1", state, reachable, false, null)] : Array.Empty<ClusterMember>(),
    ]);
}
