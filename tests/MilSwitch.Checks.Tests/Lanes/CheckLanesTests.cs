using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Checks.Lanes;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Precedences;
using MilSwitch.Testing;

namespace MilSwitch.Checks.Tests.Lanes;

[Trait("Feature", "J-07")]
public sealed class CheckLanesTests
{
    private static readonly byte[] Mail = Mails.Text("x");
    private readonly FakeTimeProvider time = new();

    private static CheckVerdict Passed(string name) => new(name, CheckOutcome.Passed, []);

    private CheckLanes Lanes(LaneRules rules, params IContentCheck[] checks) => new([.. checks], rules, time);

    private static ValueTask<ImmutableArray<CheckVerdict>> Run(CheckLanes lanes, Precedence precedence = Precedence.Routine, CancellationToken cancellationToken = default) =>
        lanes.RunAsync(Mails.Subject(Mail, precedence: precedence), cancellationToken);

    [Fact]
    public async Task Gives_a_verdict_of_each_check_in_their_order()
    {
        var verdicts = await Run(Lanes(new LaneRules(), new Check("b"), new Check("a", _ => throw new InvalidOperationException("secret of the message")), new Check("c")));
        Assert.Equal(["b", "a", "c"], verdicts.Select(v => v.Check));
        Assert.Equal([CheckOutcome.Passed, CheckOutcome.Undecided, CheckOutcome.Passed], verdicts.Select(v => v.Outcome));
        Assert.Equal(["the check failed: InvalidOperationException"], verdicts[1].Findings.AsEnumerable());
    }

    [Fact]
    public async Task Lets_nothing_pass_because_of_a_verdict_that_is_none()
    {
        var verdicts = await Run(Lanes(new LaneRules(), new Check("null", _ => ValueTask.FromResult<CheckVerdict>(null!)),
            new Check("number", _ => ValueTask.FromResult(new CheckVerdict("x", (CheckOutcome)9, []))), new Check("empty", _ => ValueTask.FromResult(new CheckVerdict("x", CheckOutcome.Blocked, default)))));
        Assert.Equal([CheckOutcome.Undecided, CheckOutcome.Undecided, CheckOutcome.Blocked], verdicts.Select(v => v.Outcome));
        Assert.Equal(["null", "number", "empty"], verdicts.Select(v => v.Check));
        Assert.All(verdicts, v => Assert.Single(v.Findings));
    }

    [Theory]
    [InlineData(Precedence.Flash, 5)]
    [InlineData(Precedence.Routine, 60)]
    public async Task Holds_what_is_not_decided_by_the_deadline_of_its_level(Precedence precedence, int seconds)
    {
        // One heeds its token, the other does not.
        using var slow = new Gate("slow", heeds: true);
        using var deaf = new Gate("deaf", heeds: false);
        var running = Run(Lanes(new LaneRules(), slow, deaf), precedence).AsTask();
        await Eventually.ComesTrueAsync(() => slow.Begun is 1 && deaf.Begun is 1, TimeSpan.FromSeconds(10), "both checks run");
        time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.All(await running, v => Assert.Equal((CheckOutcome.Undecided, "the check took longer than the level allows"), (v.Outcome, v.Findings[0])));
    }

    [Fact]
    public async Task Keeps_places_for_urgent_messages_and_serves_the_highest_level_first()
    {
        using var gate = new Gate("gate", heeds: true);
        var lanes = Lanes(new LaneRules { Places = 2, UrgentPlaces = 1 }, gate);
        List<Task> running = [Run(lanes).AsTask()];
        await Begun(1);
        running.Add(Run(lanes).AsTask());
        running.Add(Run(lanes, Precedence.Priority).AsTask());
        running.Add(Run(lanes, Precedence.Flash).AsTask());
        await Begun(2);
        Assert.Equal([Precedence.Routine, Precedence.Flash], gate.Order);
        running.Add(Run(lanes, Precedence.Immediate).AsTask());
        foreach (var next in new[] { 3, 4, 5 })
        {
            gate.LetOneGo();
            if (next < 4) await Begun(next);
        }

        gate.LetOneGo();
        gate.LetOneGo();
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([Precedence.Immediate, Precedence.Priority, Precedence.Routine], gate.Order.Skip(2));

        Task Begun(int count) => Eventually.ComesTrueAsync(() => gate.Begun == count, TimeSpan.FromSeconds(10), $"{count} begun");
    }

    [Fact]
    public async Task Holds_at_once_what_would_wait_beyond_the_limit()
    {
        using var gate = new Gate("gate", heeds: true);
        var lanes = Lanes(new LaneRules { Places = 1, UrgentPlaces = 0, MostWaiting = 1 }, gate);
        Task[] running = [Run(lanes).AsTask(), Run(lanes).AsTask()];
        Assert.Equal(["too many messages wait for the check"], (await Run(lanes))[0].Findings.AsEnumerable());
        gate.LetOneGo();
        gate.LetOneGo();
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_check_that_heeds_nothing_keeps_its_place_until_it_is_done()
    {
        using var deaf = new Gate("deaf", heeds: false);
        var lanes = Lanes(new LaneRules { Places = 1, UrgentPlaces = 0 }, deaf);
        var first = Run(lanes, Precedence.Flash).AsTask();
        await Eventually.ComesTrueAsync(() => deaf.Begun is 1, TimeSpan.FromSeconds(10), "it runs");
        time.Advance(TimeSpan.FromSeconds(5));
        await first;
        var second = Run(lanes, Precedence.Flash).AsTask();
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(CheckOutcome.Undecided, (await second)[0].Outcome);
        Assert.Equal(1, deaf.Begun);
        deaf.LetOneGo();
        var third = Run(lanes, Precedence.Flash).AsTask();
        deaf.LetOneGo();
        Assert.Equal(CheckOutcome.Passed, (await third.WaitAsync(TimeSpan.FromSeconds(20)))[0].Outcome);
    }

    [Fact]
    public async Task Ends_when_the_caller_does_not_want_it_any_more()
    {
        using var gate = new Gate("gate", heeds: true);
        using var gone = new CancellationTokenSource();
        var running = Run(Lanes(new LaneRules(), gate), cancellationToken: gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void Takes_no_rules_that_contradict_themselves()
    {
        Assert.Throws<ArgumentException>(() => Lanes(new LaneRules { Places = 1, UrgentPlaces = 1 }));
        Assert.Throws<ArgumentException>(() => Lanes(new LaneRules(), new Check("a"), new Check("a")));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LaneRules { Deadlines = [TimeSpan.FromSeconds(1)] });
    }

    [Fact]
    public async Task Loses_no_place_whatever_is_given_up()
    {
        var random = new Random(3);
        var lanes = Lanes(new LaneRules { Places = 3, UrgentPlaces = 1, MostWaiting = 50 }, new Check("a", async token =>
        {
            await Task.Yield();
            token.ThrowIfCancellationRequested();
            return Passed("a");
        }));
        var running = new List<Task>();
        for (var i = 0; i < 2_000; i++)
        {
            var gone = new CancellationTokenSource();
            running.Add(Run(lanes, (Precedence)random.Next(PrecedenceExtensions.Count), gone.Token).AsTask());
            if (random.Next(3) is 0) await gone.CancelAsync();
            if (random.Next(50) is 0) await Task.Yield();
        }

        foreach (var each in running) await Record.ExceptionAsync(() => each.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.All(running, r => Assert.True(r.IsCompleted));
        Assert.Equal(CheckOutcome.Passed, (await Run(lanes))[0].Outcome);
    }

    private sealed class Check(string name, Func<CancellationToken, ValueTask<CheckVerdict>>? judge = null) : IContentCheck
    {
        public string Name { get; } = name;

        public ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken) => judge?.Invoke(cancellationToken) ?? ValueTask.FromResult(Passed(Name));
    }

    private sealed class Gate(string name, bool heeds) : IContentCheck, IDisposable
    {
        private readonly SemaphoreSlim open = new(0);
        private readonly List<Precedence> order = [];

        public string Name { get; } = name;

        public int Begun
        {
            get
            {
                lock (order) return order.Count;
            }
        }

        public IReadOnlyList<Precedence> Order
        {
            get
            {
                lock (order) return [.. order];
            }
        }

        public void LetOneGo() => open.Release();

        public async ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
        {
            lock (order) order.Add(subject.Precedence);
            await open.WaitAsync(heeds ? cancellationToken : CancellationToken.None);
            return Passed(Name);
        }

        // Whoever still waits here is let go.
        public void Dispose() => open.Release(100);
    }
}
