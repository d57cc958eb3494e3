using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Smime.Tests.Certificates;
using static MilSwitch.Lookup.Tests.Finding.FinderStage;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>What a finder keeps of its sources' answers.</summary>
[Trait("Feature", "R-01")]
public sealed class KeptAnswersTests
{
    private readonly FakeTimeProvider time = new(TestAuthority.Now);

    [Fact]
    public async Task Keeps_what_was_found_and_that_there_was_nothing_for_their_times()
    {
        var (none, found) = (new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.None())), ScriptedSource.With(Root.Person("alice@ops.unit.example")));
        var finder = Finder([none, found]);
        for (var i = 0; i < 3; i++) await finder.FindAsync(Alice, default);
        Assert.Equal((1, 1), (none.Asked, found.Asked));
        time.Advance(TimeSpan.FromMinutes(10));
        await finder.FindAsync(Alice, default);
        Assert.Equal((2, 1), (none.Asked, found.Asked));
        time.Advance(TimeSpan.FromMinutes(50));
        await finder.FindAsync(Alice, default);
        Assert.Equal((3, 2), (none.Asked, found.Asked));
        finder.Forget(Alice);
        await finder.FindAsync(Alice, default);
        Assert.Equal((4, 3), (none.Asked, found.Asked));
    }

    [Fact]
    public async Task A_shorter_time_that_the_source_knows_counts()
    {
        var source = new ScriptedSource(_ => ValueTask.FromResult(ScriptedSource.Found(Root.Person("alice@ops.unit.example")) with { GoodFor = TimeSpan.FromSeconds(30) }));
        var finder = Finder([source]);
        await finder.FindAsync(Alice, default);
        time.Advance(TimeSpan.FromSeconds(30));
        await finder.FindAsync(Alice, default);
        Assert.Equal(2, source.Asked);
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task A_source_that_does_not_answer_is_never_taken_for_one_that_has_nothing()
    {
        SourceAnswer says = new SourceAnswer.Unavailable("down");
        var source = new ScriptedSource(_ => ValueTask.FromResult(says));
        var finder = Finder([source]);
        Assert.Equal(["scripted: down"], Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(Alice, default)).Reasons.ToArray());
        says = ScriptedSource.Found(Root.Person("alice@ops.unit.example"));
        // Left alone for a moment, and it is still not "nothing".
        Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(Alice, default));
        Assert.Equal(1, source.Asked);
        time.Advance(TimeSpan.FromSeconds(15));
        Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(Alice, default));
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task What_a_source_said_stands_in_up_to_its_age_limit_while_it_does_not_answer()
    {
        var says = ScriptedSource.Found(Root.Person("alice@ops.unit.example"));
        var finder = Finder([new ScriptedSource(_ => ValueTask.FromResult(says))]);
        await finder.FindAsync(Alice, default);
        says = new SourceAnswer.Unavailable("down");
        time.Advance(TimeSpan.FromHours(23));
        var answer = Assert.IsType<FinderAnswer.Found>(await finder.FindAsync(Alice, default));
        Assert.Contains(answer.Notes, n => n.Contains("down", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromHours(1));
        Assert.IsType<FinderAnswer.Unavailable>(await finder.FindAsync(Alice, default));
    }

    [Fact]
    public async Task Many_that_ask_at_once_are_one_question()
    {
        var gate = new TaskCompletionSource();
        var mine = Root.Person("alice@ops.unit.example");
        var source = new ScriptedSource(async _ =>
        {
            await gate.Task;
            return ScriptedSource.Found(mine);
        });
        var finder = Finder([source]);
        Task<FinderAnswer>[] all = [.. Enumerable.Range(0, 100).Select(_ => finder.FindAsync(Alice, default).AsTask())];
        using (var gone = new CancellationTokenSource())
        {
            var impatient = finder.FindAsync(Alice, gone.Token).AsTask();
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        }

        gate.SetResult();
        Assert.All(await Task.WhenAll(all), a => Assert.IsType<FinderAnswer.Found>(a));
        Assert.Equal(1, source.Asked);
    }

    [Fact]
    public async Task Keeps_no_more_answers_than_its_bound()
    {
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(new SourceAnswer.None()));
        var finder = Finder([source], s => s with { MostKept = 10 });
        for (var i = 0; i < 100; i++) await finder.FindAsync(People.Mailbox($"user{i}@unit.example"), default);
        Assert.Equal(10, finder.Kept);
        await finder.FindAsync(People.Mailbox("user99@unit.example"), default);
        Assert.Equal(100, source.Asked);
    }

    [Fact]
    public async Task Keeps_no_more_octets_than_its_bound()
    {
        var large = new SourceAnswer.Found([new FoundCertificate(new byte[300 << 10], "s")]);
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(large));
        var finder = Finder([source], s => s with { MostKeptOctets = 1 << 20 });
        for (var i = 0; i < 10; i++) await finder.FindAsync(People.Mailbox($"user{i}@unit.example"), default);
        Assert.Equal(3, finder.Kept);
        finder.Forget(People.Mailbox("user9@unit.example"));
        Assert.Equal(2, finder.Kept);
    }

    [Fact]
    public async Task Counts_what_small_things_take_beside_their_octets()
    {
        var many = new SourceAnswer.Found([.. Enumerable.Range(0, 3_000).Select(i => new FoundCertificate(new byte[1], "s"))]);
        var source = new ScriptedSource(_ => ValueTask.FromResult<SourceAnswer>(many));
        var finder = Finder([source], s => s with { MostKeptOctets = 1 << 20 });
        for (var i = 0; i < 10; i++) await finder.FindAsync(People.Mailbox($"user{i}@unit.example"), default);
        Assert.InRange(finder.Kept, 1, 3);
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task A_source_without_end_is_given_up()
    {
        var began = new TaskCompletionSource();
        var finder = Finder([new EndlessSource(began)]);
        var asking = finder.FindAsync(Alice, default).AsTask();
        await began.Task;
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.IsType<FinderAnswer.Unavailable>(await asking);
    }

    private CertificateFinder Finder(ImmutableArray<ICertificateSource> sources, Func<FinderSettings, FinderSettings>? change = null) => FinderStage.Finder(time, sources, change);

    private sealed class EndlessSource(TaskCompletionSource began) : ICertificateSource
    {
        public string Name => "endless";

        public async ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new SourceAnswer.None();
        }
    }
}
