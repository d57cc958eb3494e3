using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Tests.Alarms;

public sealed class AlarmKeeperTests
{
    private static readonly Alarm Clock = new("clock", "the clock was set", AlarmBench.Start);
    private static readonly AlarmEscalation Step = new("pager", TimeSpan.FromMinutes(2)) { Repeat = TimeSpan.FromMinutes(5) };

    [Fact]
    public async Task What_was_acknowledged_stays_so_over_a_restart_and_ends_with_its_condition()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Further.Add(Clock);
        Assert.Equal(AlarmState.Unacknowledged, (await bench.LookAsync())["clock"].State);
        var key = AlarmDocuments.IdOf("n1", "clock");
        await bench.Keeper.ChangeAsync(key, r => r.Acknowledge("ops", "seen", bench.Time.GetUtcNow()), default);
        bench.Boot();
        Assert.Equal((AlarmState.Acknowledged, "ops"), State(await bench.LookAsync(TimeSpan.FromSeconds(1))));
        bench.Further.Clear();
        Assert.Equal((AlarmState.Normal, "ops"), State(await bench.LookAsync(TimeSpan.FromSeconds(1))));

        static (AlarmState, string?) State(IReadOnlyDictionary<string, AlarmRecord> records) => (records["clock"].State, records["clock"].AcknowledgedBy);
    }

    [Fact]
    public async Task What_another_node_did_to_a_record_is_not_overwritten()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Further.Add(Clock);
        await bench.LookAsync();
        // Another node over the same store: this one knows nothing of it.
        var key = AlarmDocuments.IdOf("n1", "clock");
        var stored = (await bench.Spool.ReadDocumentAsync(AlarmDocuments.Kind, key))!;
        var seen = AlarmDocuments.Read(stored)!.Acknowledge("far", null, AlarmBench.Start);
        Assert.True(await bench.Spool.ExchangeDocumentAsync(AlarmDocuments.Kind, key, stored, AlarmDocuments.Write(seen)));
        bench.Further.Clear();
        var record = (await bench.LookAsync(TimeSpan.FromSeconds(1)))["clock"];
        Assert.Equal((AlarmState.Normal, "far"), (record.State, record.AcknowledgedBy));
    }

    [Fact]
    public async Task People_are_told_of_what_nobody_sees_also_when_the_store_is_away()
    {
        await using var bench = await AlarmBench.StartAsync(c => c with { Alarms = new AlarmSettings { Escalations = [Step] } });
        bench.Further.Add(Clock);
        await bench.LookAsync();
        bench.Spool.Refuses = _ => SpoolHealth.Unwritable;
        await bench.LookAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(bench.Notifiers.Told);
        await bench.LookAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("clock", Assert.Single(Assert.Single(bench.Notifiers.Told).Alarms).Id);
        bench.Spool.Refuses = null;
        await bench.LookAsync(TimeSpan.FromSeconds(1));
        // A restart tells nothing twice, and goes on telling.
        bench.Boot(c => c with { Alarms = new AlarmSettings { Escalations = [Step] } });
        await bench.LookAsync(TimeSpan.FromMinutes(1));
        Assert.Single(bench.Notifiers.Told);
        await bench.LookAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(2, bench.Notifiers.Told.Count);
        await bench.Keeper.ChangeAsync(AlarmDocuments.IdOf("n1", "clock"), r => r.Acknowledge("ops", null, bench.Time.GetUtcNow()), default);
        await bench.LookAsync(TimeSpan.FromHours(1));
        Assert.Equal(2, bench.Notifiers.Told.Count);
    }

    [Fact]
    public async Task Whoever_was_told_is_told_when_it_is_over_also_after_a_restart()
    {
        await using var bench = await AlarmBench.StartAsync(Escalated);
        bench.Further.Add(Clock);
        await bench.LookAsync();
        await bench.LookAsync(TimeSpan.FromMinutes(2));
        Assert.True(Assert.Single(Assert.Single(bench.Notifiers.Told).Alarms).Stands);
        bench.Further.Clear();
        bench.Notifiers.Admits = false;
        await bench.LookAsync(TimeSpan.FromSeconds(1));
        bench.Notifiers.Admits = true;
        bench.Boot(Escalated);
        bench.Notifiers.Fault = "no route";
        await bench.LookAsync(TimeSpan.FromSeconds(1));
        bench.Notifiers.Fault = null;
        await bench.LookAsync(TimeSpan.FromSeconds(1));
        Assert.Single(bench.Notifiers.Told);
        await bench.LookAsync(TimeSpan.FromMinutes(1));
        var over = Assert.Single(bench.Notifiers.Told[1].Alarms);
        Assert.Equal(("clock", AlarmState.Returned), (over.Id, over.State));
        await bench.LookAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(2, bench.Notifiers.Told.Count);

        static SwitchConfiguration Escalated(SwitchConfiguration c) => c with { Alarms = new AlarmSettings { Escalations = [Step] } };
    }

    [Fact]
    public async Task A_notifier_that_fails_is_an_alarm_until_it_works_and_is_tried_again()
    {
        await using var bench = await AlarmBench.StartAsync(c => c with { Alarms = new AlarmSettings { Escalations = [Step with { After = TimeSpan.Zero }] } });
        bench.Further.Add(Clock);
        bench.Notifiers.Fault = "no route";
        await bench.LookAsync();
        var records = await bench.LookAsync(TimeSpan.FromSeconds(1));
        Assert.Contains("no route", records["notifier:pager"].Text, StringComparison.Ordinal);
        bench.Notifiers.Fault = null;
        await bench.LookAsync(TimeSpan.FromMinutes(1));
        records = await bench.LookAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(AlarmState.Returned, records["notifier:pager"].State);
        // Of its own failure it says nothing, then or later.
        Assert.All(bench.Notifiers.Told.SelectMany(t => t.Alarms), a => Assert.Equal("clock", a.Id));
    }

    [Fact]
    public async Task A_notifier_that_told_enough_waits_and_forgets_nothing()
    {
        await using var bench = await AlarmBench.StartAsync(c => c with { Alarms = new AlarmSettings { Escalations = [Step with { After = TimeSpan.Zero }] } });
        bench.Notifiers.Admits = false;
        bench.Further.Add(Clock);
        await bench.LookAsync();
        Assert.Empty(bench.Notifiers.Told);
        bench.Notifiers.Admits = true;
        await bench.LookAsync(TimeSpan.FromSeconds(1));
        Assert.Single(bench.Notifiers.Told);
    }

    [Fact]
    public async Task A_flood_is_one_alarm_with_a_number_and_goes_when_it_is_over()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Further.AddRange(Enumerable.Range(0, 30).Select(n => new Alarm($"folder:{n}", "can't be used", AlarmBench.Start)));
        var records = await bench.LookAsync();
        Assert.Equal(11, records.Count);
        Assert.Contains("20 more stand", records["flood:folder"].Text, StringComparison.Ordinal);
        Assert.True(bench.Keeper.IsRolled("folder:29"));
        bench.Further.Clear();
        records = await bench.LookAsync(TimeSpan.FromSeconds(1));
        Assert.All(records.Values, r => Assert.Equal(AlarmState.Returned, r.State));
    }

    [Fact]
    public async Task Records_of_what_is_long_over_are_forgotten()
    {
        await using var bench = await AlarmBench.StartAsync();
        bench.Further.Add(Clock);
        await bench.LookAsync();
        bench.Further.Clear();
        await bench.LookAsync(TimeSpan.FromSeconds(1));
        await bench.Keeper.ChangeAsync(AlarmDocuments.IdOf("n1", "clock"), r => r.Acknowledge("ops", null, bench.Time.GetUtcNow()), default);
        Assert.NotEmpty(await bench.LookAsync(TimeSpan.FromDays(29)));
        Assert.Empty(await bench.LookAsync(TimeSpan.FromDays(2)));
        Assert.Empty(await bench.Spool.ListDocumentsAsync(AlarmDocuments.Kind));
    }
}
