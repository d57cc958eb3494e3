using Akka.Actor;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Alarms;

/// <summary>Alarms of the running core, and what people do about them.</summary>
public sealed class AlarmDeskTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly OperatorIdentity Keeper = new("keeper", "test") { Roles = OperatorRoles.WatchKeeper };
    private static readonly OperatorIdentity Chief = new("chief", "test") { Roles = OperatorRoles.Supervisor };
    private static readonly OperatorIdentity Admin = new("admin", "test") { Roles = OperatorRoles.Administrator };

    [Fact]
    public async Task A_link_that_is_down_is_seen_put_aside_and_gone_also_over_a_restart()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        harness.Sink.DropConnections();
        await harness.SendAsync();
        await StandsAsync(harness, "link:hop", AlarmScope.Standing);
        var link = new AlarmChoice("link:hop");
        await Assert.ThrowsAsync<NotPermittedException>(async () => await Desk(harness).AcknowledgeAsync(link, null, new OperatorIdentity("viewer", "test") { Roles = OperatorRoles.Viewer }, default));
        await Assert.ThrowsAsync<NotPermittedException>(async () => await Desk(harness).ShelveAsync(link, TimeSpan.FromHours(1), "x", Keeper, default));
        Assert.Null(await Desk(harness).AcknowledgeAsync(new AlarmChoice("link:none"), null, Keeper, default));
        // It can be acknowledged as soon as it is recorded.
        await Eventually.ComesTrueAsync(async () => await Desk(harness).AcknowledgeAsync(link, "on it", Keeper, default) is [_, ..], Patience, "it is acknowledged");
        Assert.Empty((await Desk(harness).AcknowledgeAsync(link, null, Keeper, default))!.Value);
        Assert.Single((await Desk(harness).ShelveAsync(link, TimeSpan.FromHours(2), "works", Chief, default))!.Value);
        Assert.DoesNotContain(await Desk(harness).ListAsync(AlarmScope.Open, default), a => a.Record.Id is "link:hop");

        harness.Sink.StartListening();
        await harness.RestartAsync();
        var aside = Assert.Single(await Desk(harness).ListAsync(AlarmScope.Shelved, default), a => a.Record.Id is "link:hop");
        Assert.Equal("chief", aside.Record.Shelf!.By);
        Assert.Single((await Desk(harness).UnshelveAsync(link, "done", Chief, default))!.Value);
        await Eventually.ComesTrueAsync(async () => (await Desk(harness).ListAsync(AlarmScope.All, default)).All(a => a.Record.Id is not "link:hop"), Patience, "it is over");
        var history = await Desk(harness).HistoryAsync("link:hop", 100, default);
        Assert.Equal(
            [AlarmAct.Acknowledged, AlarmAct.Cleared, AlarmAct.Raised, AlarmAct.Shelved, AlarmAct.Unshelved], history.Select(h => h.Happening.Act).Distinct().OrderBy(a => a.ToString(), StringComparer.Ordinal));
        var audit = await harness.Spool.ReadAuditAsync(default);
        foreach (var (kind, who) in new[] { (AuditKind.AlarmAcknowledged, "keeper"), (AuditKind.AlarmShelved, "chief"), (AuditKind.AlarmUnshelved, "chief") })
            Assert.Equal(who, Assert.Single(audit, a => a.Kind == kind).Actor);
    }

    [Fact]
    public async Task A_critical_one_is_put_aside_by_a_supervisor_only_and_similar_ones_are_seen_together()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Service<ISwitchControl>().AlarmWith(() =>
            [new Alarm("audit-chain", "row 7 was changed", DateTimeOffset.UnixEpoch), new Alarm("folder:a", "can't be used", DateTimeOffset.UnixEpoch), new Alarm("folder:b", "can't be used", DateTimeOffset.UnixEpoch)]);
        await Eventually.ComesTrueAsync(async () => await Desk(harness).AcknowledgeAsync(new AlarmChoice("folder:a", Similar: true), null, Admin, default) is { Length: 2 }, Patience, "both are recorded");
        var chain = new AlarmChoice("audit-chain");
        await Assert.ThrowsAsync<NotPermittedException>(async () => await Desk(harness).ShelveAsync(chain, TimeSpan.FromHours(1), "x", Admin, default));
        Assert.Single((await Desk(harness).ShelveAsync(chain, TimeSpan.FromHours(1), "x", Chief, default))!.Value);
        harness.Refusing.Refuses = _ => SpoolHealth.Full;
        await Assert.ThrowsAsync<SpoolUnavailableException>(async () => await Desk(harness).UnshelveAsync(chain, "x", Chief, default));
        Assert.Contains(await Desk(harness).ListAsync(AlarmScope.Shelved, default), a => a.Record.Id is "audit-chain");
    }

    [Fact]
    public async Task Letters_to_nobody_are_counted()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Alarms = new AlarmSettings { DeadLetters = 0 } });
        harness.Service<ActorSystem>().ActorSelection("/user/nobody").Tell("hello");
        await StandsAsync(harness, "dead-letters", AlarmScope.Standing);
    }

    [Fact]
    public async Task Held_mail_and_late_mail_and_mail_that_was_slow_are_alarms()
    {
        var instant = SwitchHarness.Quick with { Levels = [.. SwitchHarness.Quick.Levels.Select(l => l with { Alarm = TimeSpan.FromTicks(1) })] };
        await using var harness = await SwitchHarness.StartAsync(c => c with
        {
            Precedences = instant, Alarms = new AlarmSettings { SpeedMinimum = 1, Unattended = [.. Enumerable.Repeat<TimeSpan?>(TimeSpan.FromMilliseconds(1), 6)] },
        });
        var delivered = await harness.SendAsync();
        await harness.WaitForAsync(delivered.Id, m => m.State == MessageState.Done);
        await StandsAsync(harness, "speed:routine", AlarmScope.Standing);
        harness.Sink.StopListening();
        harness.Sink.DropConnections();
        var waits = await harness.SendAsync();
        await StandsAsync(harness, "delayed:routine", AlarmScope.Standing);
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.ActAsync(new MessageAct(MessageVerb.Hold) { Ids = [waits.Id], Reason = "x" }, SwitchHarness.Somebody, default)).Outcomes[0].Done, Patience, "it is held");
        await StandsAsync(harness, "unattended:routine", AlarmScope.Standing);
        harness.Sink.StartListening();
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [waits.Id], Reason = "x" }, SwitchHarness.Somebody, default);
        await harness.Operator.TryLinkAsync(new LinkName("hop"), SwitchHarness.Somebody, default);
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.AlarmsAsync(default)).All(a => a.Id is "speed:routine"), Patience, "they are over");
    }

    private static IAlarmDesk Desk(SwitchHarness harness) => harness.Service<IAlarmDesk>();

    private static Task StandsAsync(SwitchHarness harness, string id, AlarmScope scope) =>
        Eventually.ComesTrueAsync(async () => (await Desk(harness).ListAsync(scope, default)).Any(a => a.Record.Id == id), Patience, $"{id} stands");
}
