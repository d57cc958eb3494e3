using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;
using MilSwitch.Dashboard.Acts;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Dashboard.Views;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard.Tests;

/// <summary>Looking into a node from its console, and what its tokens do.</summary>
public sealed class TelemetryTests
{
    private const string Hostile = "<img src=x onerror=\"window.hit=1\">";

    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly OperatorIdentity Administrator = new("admin", "test") { Roles = OperatorRoles.Administrator };

    private readonly List<string> asked = [];

    [Theory]
    [InlineData("level=debug&for=10m", "* Debug 600 why admin")]
    [InlineData("level=debug&for=10m&category=MilSwitch.Smtp", "MilSwitch.Smtp Debug 600 why admin")]
    [InlineData("level=configured&for=1m", "*  60 why admin")]
    [InlineData("level=loud&for=10m", "'loud' is no level")]
    [InlineData("level=debug&for=25h", "a level differs for 1 d 0 h at most")]
    [InlineData("level=debug&for=0s", "a level differs for 1 d 0 h at most")]
    [InlineData("level=debug&for=10m&category=a b", "a category is the beginning of a logger's name, such as MilSwitch.Smtp")]
    public async Task A_log_level_is_changed_for_a_time_and_a_reason(string form, string expected) => Assert.Equal(expected, await DoAsync("log-level", form));

    [Theory]
    [InlineData("peer=192.0.2.0/24&for=10m", "192.0.2.0/24 600 why admin")]
    [InlineData("peer=link:hf&for=1h", "link:hf 3600 why admin")]
    [InlineData("peer=somebody&for=10m", "a peer is listener:NAME, link:NAME, an address or a network")]
    [InlineData("peer=link:hf&for=61m", "a dialogue is recorded for 1 h 0 min at most")]
    public async Task A_dialogue_is_recorded_for_an_hour_at_most(string form, string expected) => Assert.Equal(expected, await DoAsync("trace-start", form));

    [Fact]
    public async Task A_record_is_stopped() => Assert.Equal("1 admin", await DoAsync("trace-stop", "trace=1"));

    [Fact]
    public async Task What_was_recorded_and_ordered_is_shown_as_text_and_acts_to_those_alone_who_may()
    {
        var page = await ShowAsync(typeof(TelemetryView), Administrator);
        Assert.Contains("&lt;img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.Contains("/act/log-level", page, StringComparison.Ordinal);
        Assert.Contains("/act/support", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/telemetry/1\"", page, StringComparison.Ordinal);
        var watch = await ShowAsync(typeof(TelemetryView), Stage.Watch);
        Assert.DoesNotContain("/act/", watch, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"/telemetry/1\"", watch, StringComparison.Ordinal);
        var lines = await ShowAsync(typeof(DialogueView), Administrator, "1");
        Assert.Contains("&lt;img", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", lines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_slot_tells_its_sessions_its_work_by_precedence_and_its_last_failure()
    {
        var page = await ShowAsync(typeof(KeysView), Stage.Watch);
        Assert.Contains("1 of 2, 1 lost", page, StringComparison.Ordinal);
        Assert.Contains("7 (2 failed)", page, StringComparison.Ordinal);
        Assert.Contains("C_Sign answered CKR_DEVICE_ERROR", page, StringComparison.Ordinal);
    }

    private async Task<string> DoAsync(string act, string form)
    {
        await using var services = Services();
        var fields = form.Split('&').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => new StringValues(p[1]));
        fields["reason"] = "why";
        try
        {
            var answer = await ConsoleActs.All[act](services, new ActInput(new FormCollection(fields), Administrator, CancellationToken.None));
            Assert.True(answer.Notice!.Good, answer.Notice.Text);
            return Assert.Single(asked);
        }
        catch (FormatException wrong)
        {
            Assert.Empty(asked);
            return wrong.Message;
        }
    }

    private async Task<string> ShowAsync(Type view, OperatorIdentity who, string? id = null)
    {
        await using var services = Services();
        var renderer = new PageRenderer(services.GetRequiredService<IServiceScopeFactory>(), NullLoggerFactory.Instance);
        return await renderer.ViewAsync(new ConsolePage("/x", "X", view), new ViewContext(who, ViewQuery.Parse(""), id, Now, "token"));
    }

    private ServiceProvider Services()
    {
        var trace = new DialogueTrace("1", Hostile, "admin", Hostile, Now, Now.AddMinutes(10), true, 1, 0, [new DialogueLine(1, Now, 1, DialogueDirection.Client, Hostile)]);
        var state = new LogState(LogSeverity.Information, [new ChangedLogLevel(null, LogSeverity.Debug, Now.AddMinutes(10), "admin", Hostile)]);
        var load = new TokenLoad(2, 1, 0, 1, 0, [.. Enumerable.Range(0, PrecedenceExtensions.Count).Select(i => new TokenLevel((Precedence)i, i is 4 ? 7 : 0, i is 4 ? 2 : 0))], 2, new TokenFailure(Now, "C_Sign answered CKR_DEVICE_ERROR"));
        var all = new ServiceCollection();
        all.AddLogging();
        all.AddSingleton(Stub<IOperatorActions>.Of());
        all.AddSingleton(Stub<IWatchFeed>.Of());
        all.AddSingleton(Stub<ILabelMarks>.Of());
        all.AddSingleton(Stub<IKeyFacts>.Of((nameof(IKeyFacts.Look), _ => new KeyFacts([], [], [new TokenStatus("hsm", TokenCondition.Working, "", Now) { Load = load }]))));
        all.AddSingleton(Stub<ITelemetryDesk>.Of(
            ("get_" + nameof(ITelemetryDesk.Logging), _ => state), ("get_" + nameof(ITelemetryDesk.Traces), _ => ImmutableArray.Create(trace with { Lines = [] })),
            (nameof(ITelemetryDesk.Trace), a => a[0] is "1" ? trace : null),
            (nameof(ITelemetryDesk.SetLogLevelAsync), a => Ask(new ValueTask<LogState>(state), a[0] ?? "*", a[1] ?? "", Seconds(a[2]), a[3]!, ((OperatorIdentity)a[4]!).Name)),
            (nameof(ITelemetryDesk.StartTraceAsync), a => Ask(new ValueTask<DialogueTrace?>(trace), ((DialogueChoice)a[0]!).Text, Seconds(a[1]), a[2]!, ((OperatorIdentity)a[3]!).Name)),
            (nameof(ITelemetryDesk.StopTraceAsync), a => Ask(new ValueTask<DialogueTrace?>(trace), a[0]!, ((OperatorIdentity)a[1]!).Name))));
        return all.BuildServiceProvider();

        static object Seconds(object? span) => (int)((TimeSpan)span!).TotalSeconds;
    }

    private T Ask<T>(T answer, params object[] what)
    {
        asked.Add(string.Join(' ', what));
        return answer;
    }
}
