using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Storage.Tests;

/// <summary>The writer's own rules, on a store that fails when told.</summary>
public sealed class SpoolWriterTests : IDisposable
{
    private readonly Store store = new();
    private readonly ConcurrentQueue<(SpoolHealth From, SpoolHealth To)> changes = new();
    private readonly SpoolWriter writer;

    public SpoolWriterTests() => writer = new SpoolWriter(
        store, new SpoolWriterOptions { QueueLimit = 4, BatchOperations = 3 }, (from, to, _) => changes.Enqueue((from, to)), _ => { });

    public void Dispose()
    {
        store.Gate.Set();
        writer.Dispose();
        store.Gate.Dispose();
    }

    [Fact]
    public async Task Commits_urgent_operations_before_those_that_wait_longer()
    {
        store.Gate.Reset();
        var first = Commit(0);
        await store.EnteredAsync(1);
        var routine = new[] { Commit(1), Commit(2), Commit(3) };
        var flash = Commit(4, Precedence.Flash);
        store.Gate.Set();
        await Task.WhenAll([first, .. routine, flash]);
        Assert.Equal([[0], [4, 1, 2], [3]], store.Batches);
    }

    [Fact]
    public async Task Lets_callers_wait_when_the_queue_is_full_and_urgent_ones_pass()
    {
        store.Gate.Reset();
        var all = new List<Task<CommitResult>> { Commit(0) };
        await store.EnteredAsync(1);
        for (var i = 1; i <= 4; i++) all.Add(Commit(i));
        using var cancellation = new CancellationTokenSource();
        var cancelled = writer.CommitAsync(Operation(5), Precedence.Routine, cancellation.Token).AsTask();
        var waiting = Commit(6);
        all.Add(Commit(7, Precedence.Immediate));
        Assert.Equal(5, writer.Queued);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        store.Gate.Set();
        await Task.WhenAll([.. all, waiting]);
        Assert.Equal([0, 1, 2, 3, 4, 6, 7], store.Batches.SelectMany(b => b).Order());
    }

    [Fact]
    public async Task Keeps_a_transaction_below_its_limit_of_operations()
    {
        store.Gate.Reset();
        var all = new List<Task<CommitResult>> { Commit(0) };
        await store.EnteredAsync(1);
        for (var i = 1; i <= 4; i++) all.Add(Commit(i));
        store.Gate.Set();
        await Task.WhenAll(all);
        Assert.Equal([1, 3, 1], store.Batches.Select(b => b.Count));
    }

    [Fact]
    public async Task Fails_only_the_operation_that_cannot_be_stored()
    {
        store.Fault = id => id == 2 ? new InvalidOperationException("poison") : null;
        store.Gate.Reset();
        var first = Commit(0);
        await store.EnteredAsync(1);
        Task<CommitResult>[] batch = [Commit(1), Commit(2), Commit(3)];
        store.Gate.Set();
        Assert.True((await first).IsCommitted);
        Assert.True((await batch[0]).IsCommitted);
        await Assert.ThrowsAsync<InvalidOperationException>(() => batch[1]);
        Assert.True((await batch[2]).IsCommitted);
        Assert.Equal(SpoolHealth.Ready, writer.Health);
    }

    [Fact]
    [Trait("Threat", "F11")]
    public async Task Fails_only_the_operation_that_needs_a_damaged_page()
    {
        store.Fault = id => id == 1 ? new SpoolFaultException(SpoolFault.Damaged, "damaged") : null;
        Assert.Equal(CommitStatus.Unwritable, (await Commit(1)).Status);
        Assert.True((await Commit(2)).IsCommitted);
        Assert.Empty(changes);
    }

    [Theory]
    [Trait("Threat", "F6")]
    [Trait("Threat", "F10")]
    [InlineData(SpoolFault.Full, SpoolHealth.Full, CommitStatus.Full)]
    [InlineData(SpoolFault.Unwritable, SpoolHealth.Unwritable, CommitStatus.Unwritable)]
    public async Task Says_so_when_the_volume_takes_nothing_and_recovers_by_itself(SpoolFault fault, SpoolHealth health, CommitStatus status)
    {
        store.Fault = _ => new SpoolFaultException(fault, "no");
        Assert.Equal(status, (await Commit(1)).Status);
        Assert.Equal(health, writer.Health);
        await Assert.ThrowsAsync<SpoolUnavailableException>(writer.ProbeAsync);
        Assert.Equal(health, writer.Health);
        store.Fault = null;
        await writer.ProbeAsync();
        Assert.Equal(SpoolHealth.Ready, writer.Health);
        Assert.True((await Commit(2)).IsCommitted);
        Assert.Equal([(SpoolHealth.Ready, health), (health, SpoolHealth.Ready)], changes);
        Assert.Equal(0, store.Open);
    }

    [Fact]
    [Trait("Threat", "F6")]
    public async Task Tries_a_few_operations_of_a_batch_on_a_full_volume_and_not_all()
    {
        store.Fault = _ => new SpoolFaultException(SpoolFault.Full, "no");
        store.Gate.Reset();
        var all = new List<Task<CommitResult>> { Commit(0) };
        await store.EnteredAsync(1);
        for (var i = 1; i <= 3; i++) all.Add(Commit(i));
        store.Gate.Set();
        Assert.All(await Task.WhenAll(all), result => Assert.Equal(CommitStatus.Full, result.Status));
        // The first batch, its operation alone, the probe of the second batch.
        Assert.Equal(3, store.Begun);
    }

    [Fact]
    [Trait("Threat", "F5")]
    public async Task Never_tries_again_after_an_fsync_failed()
    {
        store.CommitFault = new SpoolFaultException(SpoolFault.Broken, "EIO");
        Assert.Equal(CommitStatus.Unwritable, (await Commit(1)).Status);
        Assert.Equal(SpoolHealth.Broken, writer.Health);
        var begun = store.Begun;
        store.CommitFault = null;
        Assert.Equal(CommitStatus.Unwritable, (await Commit(2)).Status);
        await Assert.ThrowsAsync<SpoolUnavailableException>(writer.ProbeAsync);
        await Assert.ThrowsAsync<SpoolUnavailableException>(() => writer.TransactAsync(() => 1));
        Assert.Equal(SpoolHealth.Broken, writer.Health);
        Assert.Equal(begun, store.Begun);
    }

    [Fact]
    [Trait("Threat", "F10")]
    public async Task Lets_the_callers_of_an_undecided_commit_wait_until_it_is_known_and_refuses_others()
    {
        store.CommitFault = new SpoolFaultException(SpoolFault.Undecided, "away");
        store.SettleFault = new SpoolFaultException(SpoolFault.Undecided, "still away");
        var first = Commit(1);
        // Or both would be in one transaction.
        await store.EnteredAsync(1);
        Assert.Equal(CommitStatus.Unwritable, (await Commit(2)).Status);
        Assert.False(first.IsCompleted);
        // Since the first began, not since the last try.
        var lag = writer.Lag;
        Assert.NotEqual(TimeSpan.Zero, lag);
        Assert.Equal(SpoolHealth.Unwritable, writer.Health);
        await Assert.ThrowsAsync<SpoolUnavailableException>(writer.ProbeAsync);
        Assert.False(first.IsCompleted);
        Assert.True(writer.Lag > lag);
        store.CommitFault = null;
        store.SettleFault = null;
        await writer.ProbeAsync();
        Assert.True((await first).IsCommitted);
        await Eventually.ComesTrueAsync(() => writer.Lag == TimeSpan.Zero, TimeSpan.FromSeconds(20), "nothing is under way");
        Assert.Equal(SpoolHealth.Ready, writer.Health);
        Assert.True((await Commit(3)).IsCommitted);
    }

    [Fact]
    public async Task Tells_how_long_a_commit_is_under_way()
    {
        Assert.Equal(TimeSpan.Zero, writer.Lag);
        store.Gate.Reset();
        var first = Commit(1);
        await Eventually.ComesTrueAsync(() => writer.Lag > TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(20), "it takes its time");
        store.Gate.Set();
        await first;
        await Eventually.ComesTrueAsync(() => writer.Lag == TimeSpan.Zero, TimeSpan.FromSeconds(20), "nothing is under way");
    }

    [Fact]
    public async Task Fails_the_callers_of_an_undecided_commit_when_it_ends()
    {
        store.CommitFault = new SpoolFaultException(SpoolFault.Undecided, "away");
        store.SettleFault = new SpoolFaultException(SpoolFault.Unwritable, "still away");
        var first = Commit(1);
        await Task.Run(writer.Dispose);
        await Assert.ThrowsAsync<SpoolUnavailableException>(() => first);
    }

    [Fact]
    public async Task Commits_what_waits_before_it_ends()
    {
        store.Gate.Reset();
        var all = new List<Task<CommitResult>> { Commit(0) };
        await store.EnteredAsync(1);
        for (var i = 1; i <= 4; i++) all.Add(Commit(i));
        var end = Task.Run(writer.Dispose);
        store.Gate.Set();
        await end;
        Assert.All(await Task.WhenAll(all), result => Assert.True(result.IsCommitted));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Commit(9));
    }

    [Fact]
    public async Task Measures_commits()
    {
        var measured = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "MilSwitch.Spool") l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured.Add(instrument.Name));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured.Add(instrument.Name));
        listener.Start();
        await Commit(1);
        listener.RecordObservableInstruments();
        Assert.Superset(
            new HashSet<string> { "milswitch.spool.commit.duration", "milswitch.spool.commit.operations", "milswitch.spool.queue", "milswitch.spool.health" },
            measured.ToHashSet());
    }

    [Fact]
    public async Task A_patient_operation_stands_by_for_a_caller()
    {
        using var patient = Patient(patience: TimeSpan.FromHours(1));
        var waiting = patient.CommitAsync(Operation(1) with { Patient = true }, Precedence.Flash).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(1, patient.Queued);
        await patient.CommitAsync(Operation(2), Precedence.Routine);
        await waiting;
        Assert.Equal([[1, 2]], store.Batches);
    }

    [Fact]
    public async Task A_patient_operation_is_committed_when_nobody_comes()
    {
        using var patient = Patient(patience: TimeSpan.FromMilliseconds(20));
        await patient.CommitAsync(Operation(1) with { Patient = true }, Precedence.Routine).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([[1]], store.Batches);
    }

    [Fact]
    public async Task Patient_operations_that_fill_a_transaction_wait_no_longer()
    {
        using var patient = Patient(patience: TimeSpan.FromHours(1), operations: 3);
        await Task.WhenAll(Enumerable.Range(1, 3).Select(i => patient.CommitAsync(Operation(i) with { Patient = true }, Precedence.Routine).AsTask()))
            .WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(3, store.Batches.Sum(b => b.Count));
    }

    [Fact]
    public async Task A_lone_caller_waits_for_nobody()
    {
        using var patient = Patient(gathering: TimeSpan.FromHours(1));
        for (var i = 1; i <= 20; i++) await patient.CommitAsync(Operation(i), Precedence.Routine).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(20, store.Batches.Count);
    }

    [Fact]
    public async Task Waits_for_company_where_there_was_company_and_for_nobody_when_it_is_urgent()
    {
        using var patient = Patient(gathering: TimeSpan.FromHours(1));
        store.Gate.Reset();
        var first = patient.CommitAsync(Operation(0), Precedence.Routine).AsTask();
        await store.EnteredAsync(1);
        var eight = Enumerable.Range(1, 8).Select(i => patient.CommitAsync(Operation(i), Precedence.Routine).AsTask()).ToArray();
        store.Gate.Set();
        await Task.WhenAll([first, .. eight]);

        // Eight came together: three quarters of them are awaited.
        var five = Enumerable.Range(11, 5).Select(i => patient.CommitAsync(Operation(i), Precedence.Routine).AsTask()).ToArray();
        Assert.Equal(5, patient.Queued);
        await patient.CommitAsync(Operation(16), Precedence.Routine).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await Task.WhenAll(five);
        Assert.Equal([11, 12, 13, 14, 15, 16], store.Batches[^1]);

        var lone = patient.CommitAsync(Operation(20), Precedence.Routine).AsTask();
        Assert.Equal(1, patient.Queued);
        await patient.CommitAsync(Operation(21), Precedence.Flash).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await lone;
        Assert.Equal([21, 20], store.Batches[^1]);
    }

    private SpoolWriter Patient(TimeSpan? patience = null, TimeSpan? gathering = null, int operations = 512) => new(
        store,
        new SpoolWriterOptions
        {
            Patience = patience ?? TimeSpan.FromMilliseconds(5), Gathering = gathering ?? TimeSpan.FromMilliseconds(1), BatchOperations = operations,
        },
        (_, _, _) => { }, _ => { });

    private static SpoolOperation Operation(int id) => new(new PartitionEpoch(0, id));

    private Task<CommitResult> Commit(int id, Precedence precedence = Precedence.Routine) => writer.CommitAsync(Operation(id), precedence).AsTask();

    private sealed class Store : ISpoolTransactions
    {
        private readonly List<int> current = [];
        private volatile int begun;

        public ManualResetEventSlim Gate { get; } = new(true);

        public List<List<int>> Batches { get; } = [];

        public Func<int, Exception?>? Fault { get; set; }

        public Exception? CommitFault { get; set; }

        public int Begun => begun;

        public int Open { get; private set; }

        public async Task EnteredAsync(int count)
        {
            var deadline = TimeProvider.System.GetTimestamp();
            while (begun < count)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(20));
                await Task.Yield();
            }
        }

        public void Begin()
        {
            Open++;
            current.Clear();
            begun++;
            Gate.Wait();
        }

        public Exception? SettleFault { get; set; }

        public void Settle()
        {
            if (SettleFault is not null) throw SettleFault;
            Batches.Add([.. current]);
        }

        public void Apply(SpoolRequest request)
        {
            var id = (int)request.Operation.Owner.Epoch;
            if (Fault?.Invoke(id) is { } fault) throw fault;
            current.Add(id);
            request.Result = CommitResult.Committed;
        }

        public void Commit()
        {
            if (CommitFault is not null) throw CommitFault;
            Open--;
            Batches.Add([.. current]);
        }

        public void Rollback() => Open--;

        public void Maintain()
        {
        }

        public void Probe()
        {
            if (Fault?.Invoke(0) is { } fault) throw fault;
        }
    }
}
