using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Server.Hosting;
using MilSwitch.Smtp.Syntax;
using MilSwitch.Smtp.Tracking;
using MilSwitch.Testing;

namespace MilSwitch.Smtp.Tests.Tracking;

/// <summary>Servers that are asked in a client's place (RFC 3887 §2.4, RFC 3888 §5.3.1).</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "A-15")]
public sealed class MtqpChainTests
{
    private const string Envid = "1+2@home.example";
    private static readonly byte[] Secret = "a secret"u8.ToArray();
    private static readonly MtqpCommand.Track Question = new(Envid, TrackingCertifier.Of(Secret), Secret);

    private static readonly ImmutableArray<MtqpNextHop> Hops =
        [new("b.example", new HopTarget("b.example", 1038), null), new("c.example", new HopTarget("tracking.c.example", 2038), null)];

    [Fact]
    public async Task Asks_from_host_to_host_as_far_as_hosts_are_configured()
    {
        await using var field = new Field(("b.example", ["c.example", "stranger.example"]), ("tracking.c.example", []));
        var told = await field.Chain.FollowAsync(Status("a.example", "b.example"), Question, Hops, isSecured: false, default);
        Assert.Equal(["b.example", "tracking.c.example"], told.Select(s => s.ReportingMta));
        Assert.Equal(["b.example:1038", "tracking.c.example:2038"], field.Opened);
    }

    [Fact]
    [Trait("Threat", "S4")]
    public async Task Nobody_is_asked_who_is_not_configured_and_nobody_in_the_clear_when_the_question_came_inside_TLS()
    {
        await using var field = new Field(("b.example", []));
        Assert.Empty(await field.Chain.FollowAsync(Status("a.example", "stranger.example"), Question, Hops, isSecured: false, default));
        Assert.Empty(await field.Chain.FollowAsync(Status("a.example", "b.example"), Question, [], isSecured: false, default));
        Assert.Empty(field.Opened);
        Assert.Empty(await field.Chain.FollowAsync(Status("a.example", "b.example"), Question, Hops, isSecured: true, default));
        Assert.Empty(field.Benches["b.example"].Asked);
    }

    [Fact]
    public async Task Hosts_in_a_circle_are_asked_once_each()
    {
        await using var field = new Field(("b.example", ["c.example"]), ("tracking.c.example", ["b.example", "c.example", "a.example"]), ("a.example", ["b.example"]));
        var told = await field.Chain.FollowAsync(Status("a.example", "b.example"), Question, [.. Hops, new("a.example", new HopTarget("a.example", 1038), null)], isSecured: false, default);
        Assert.Equal(2, told.Length);
        Assert.Equal(1, field.Opened.Count(o => o.StartsWith("b.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Who_is_asked_back_while_he_asks_answers_by_himself()
    {
        await using var field = new Field(("b.example", []));
        ImmutableArray<TrackingStatus> inner = Status("x.example", "x.example");
        field.OnOpen = async () => inner = await field.Chain.FollowAsync(Status("a.example", "b.example"), Question, Hops, isSecured: false, default);
        Assert.Single(await field.Chain.FollowAsync(Status("a.example", "b.example"), Question, Hops, isSecured: false, default));
        Assert.Empty(inner);
        Assert.Single(field.Opened);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_a_client_has_time()
    {
        await using var field = new Field();
        var asking = field.Chain.FollowAsync(Status("a.example", "b.example"), Question, Hops, isSecured: false, default).AsTask();
        Assert.False(asking.IsCompleted);
        field.Time.Advance(MtqpChain.Patience);
        Assert.Empty(await asking);
    }

    [Fact]
    public async Task No_more_than_a_few_are_asked_for_one_question()
    {
        var hosts = Enumerable.Range(0, MtqpChain.MostServers + 5).Select(i => $"h{i}.example").ToArray();
        await using var field = new Field([.. hosts.Select((h, i) => (h, i + 1 < hosts.Length ? new[] { hosts[i + 1] } : []))]);
        var told = await field.Chain.FollowAsync(Status("a.example", hosts[0]), Question, [.. hosts.Select(h => new MtqpNextHop(h, new HopTarget(h, 1038), null))], isSecured: false, default);
        Assert.Equal(MtqpChain.MostServers, told.Length);
    }

    [Fact]
    public async Task Says_of_every_host_what_it_said_or_why_it_was_not_asked()
    {
        await using var field = new Field(("b.example", ["c.example", "stranger.example"]));
        var asking = field.Chain.AskAsync(Status("a.example", "b.example"), Question, Hops, isSecured: false, default).AsTask();
        await Eventually.ComesTrueAsync(() => Task.FromResult(field.Opened.Contains("tracking.c.example:2038")), TimeSpan.FromSeconds(20), "the second is asked");
        Assert.Equal(OnwardOutcome.NotAsked, Assert.Single(await field.Chain.AskAsync(Status("a.example", "b.example"), Question, Hops, isSecured: false, default)).Outcome);
        field.Time.Advance(MtqpChain.Patience);
        var hosts = await asking;
        Assert.Equal(
            [("b.example", "b.example:1038", OnwardOutcome.Found, 1), ("c.example", "tracking.c.example:2038", OnwardOutcome.Unreachable, 0), ("stranger.example", null, OnwardOutcome.NotAsked, 0)],
            hosts.Select(h => (h.Host, h.Server, h.Outcome, h.Found.Length)));
        Assert.Equal(("no answer in time", "no server of MTQP is configured for it (tracking.chain)"), (hosts[1].Detail, hosts[2].Detail));
        Assert.Equal("no server of MTQP is configured for it (tracking.chain)", Assert.Single(await field.Chain.AskAsync(Status("a.example", "x.example"), Question, Hops, isSecured: false, default)).Detail);
    }

    [Fact]
    public async Task A_session_tells_what_others_said_behind_what_it_knows_itself()
    {
        await using var field = new Field(("b.example", []));
        using var bench = new MtqpBench(s => s with { Chain = Hops }, field);
        bench.Known[(Envid, TrackingCertifier.Of(Secret))] = new TrackingAnswer(true, Status("a.example", "b.example"));
        var heard = bench.Read() + bench.Say($"TRACK <{Xtext.Encode(Envid)}> {Convert.ToBase64String(Secret)}\r\n");
        await Eventually.ComesTrueAsync(
            () =>
            {
                heard += bench.Read();
                return Task.FromResult(heard.EndsWith("\n.\n", StringComparison.Ordinal));
            },
            TimeSpan.FromSeconds(20), "it is answered");
        var (own, behind) = (heard.IndexOf("Reporting-MTA: dns; a.example\n", StringComparison.Ordinal), heard.IndexOf("Reporting-MTA: dns; b.example\n", StringComparison.Ordinal));
        Assert.True(own > 0 && behind > own, heard);
    }

    private static ImmutableArray<TrackingStatus> Status(string reporting, params string[] to) =>
    [
        new TrackingStatus(Envid, reporting, DateTimeOffset.UnixEpoch,
        [
            .. to.Select(t => new TrackedRecipient(new OriginalRecipient("rfc822", "x@y"), new OriginalRecipient("rfc822", "x@y"), TrackingAction.Transferred, new(2, 4, 0)) { RemoteMta = t })
                .DefaultIfEmpty(new TrackedRecipient(new OriginalRecipient("rfc822", "x@y"), new OriginalRecipient("rfc822", "x@y"), TrackingAction.Delayed, new(4, 0, 0))),
        ]),
    ];

    /// <summary>Servers by name, each of whom has handed the message to others; who is not there is never reached.</summary>
    private sealed class Field : ISmtpTransport, IAsyncDisposable
    {
        public Field(params (string Host, string[] To)[] servers)
        {
            foreach (var (host, to) in servers)
            {
                var bench = new MtqpBench();
                bench.Known[(Envid, TrackingCertifier.Of(Secret))] = new TrackingAnswer(true, Status(host, to));
                Benches.Add(host, bench);
            }

            Chain = new MtqpChain(this, Time);
        }

        public FakeTimeProvider Time { get; } = new();

        public MtqpChain Chain { get; }

        public Dictionary<string, MtqpBench> Benches { get; } = [];

        public List<string> Opened { get; } = [];

        public Func<Task>? OnOpen { get; set; }

        public async ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
        {
            Opened.Add(target.ToString());
            if (OnOpen is { } first)
            {
                OnOpen = null;
                await first();
            }

            if (!Benches.TryGetValue(target.Host, out var bench)) await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return new DuplexPipeStream(new Pipes(bench!.FromServer, bench.ToServer));
        }

        public bool HasInput(Stream stream) => false;

        public ValueTask DisposeAsync()
        {
            foreach (var bench in Benches.Values) bench.Dispose();
            return default;
        }

        private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
