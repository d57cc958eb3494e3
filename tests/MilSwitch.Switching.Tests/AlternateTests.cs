using System.Collections.Concurrent;
using System.Text;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>A link with two hosts: what one does not take now, the other is asked for at once (RFC 5321 §5.1).</summary>
[Trait("Feature", "B-06")]
public sealed class AlternateTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly ConcurrentQueue<string> asked = new();
    private SinkServer second = SinkServer.Start();

    public async ValueTask DisposeAsync() => await second.DisposeAsync();

    [Fact]
    public async Task Only_those_whom_the_first_host_puts_off_go_to_the_second()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = step => step.Phase != SinkPhase.Recipient ? null
            : step.Line.Contains("bad@", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user")
            : step.Line.Contains("later@", StringComparison.Ordinal) ? SinkAction.Say("451 4.2.1 later") : null;
        var sent = await harness.SendAsync(to: ["good@dest.test", "bad@dest.test", "later@dest.test"], from: "");

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal([RecipientState.Delivered, RecipientState.Failed, RecipientState.Delivered], done.Recipients.Select(r => r.State));
        Assert.All(done.Recipients, r => Assert.Equal(1, r.Attempts));
        Assert.Equal([harness.Sink.NextHop, harness.Sink.NextHop, second.NextHop], done.Recipients.Select(r => r.Target));
        Assert.Contains("later@dest.test", Assert.Single(Assert.Single(second.Transactions).Recipients), StringComparison.Ordinal);
        Assert.DoesNotContain("later@", Assert.Single(Assert.Single(harness.Sink.Transactions).Recipients), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SinkPhase.Connect, "421 4.3.2 not now")]
    [InlineData(SinkPhase.Connect, "450 4.3.2 not now")]
    [InlineData(SinkPhase.Mail, "451 4.3.0 not now")]
    [InlineData(SinkPhase.Mail, "421 4.3.0 going down")]
    [InlineData(SinkPhase.FinalDot, "452 4.3.1 full")]
    [InlineData(SinkPhase.Mail, null)]
    [InlineData(SinkPhase.Recipient, null)]
    public async Task A_host_that_does_not_want_it_now_or_breaks_is_passed_over(SinkPhase phase, string? reply)
    {
        // A hop with PIPELINING and CHUNKING gets everything in one write, so that nobody knows what it had when it broke.
        await using var harness = await StartAsync(reply is null ? new SinkOptions { Extensions = ["8BITMIME"] } : null);
        harness.Sink.Script = step => step.Phase != phase ? null : reply is null ? SinkAction.Abort : SinkAction.Say(reply);
        var sent = await harness.SendAsync();

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal((RecipientState.Delivered, 1, second.NextHop), (done.Recipients[0].State, done.Recipients[0].Attempts, done.Recipients[0].Target));
        Assert.Null(Assert.Single(await second.WaitForAsync(1, Patience)).Field("X-MilSwitch-Suspected-Duplicate"));
        Assert.Equal(BreakerPhase.Closed, (await harness.Operator.LinksAsync(default)).Single().Breaker);
    }

    [Fact]
    public async Task Content_that_broke_on_the_first_host_is_read_anew_for_the_second()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = step => step.Phase is SinkPhase.Content ? SinkAction.Abort : null;
        var text = "Subject: long\r\n\r\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i} of a long message that is kept in a file\r\n"));
        var sent = await harness.SendAsync(text);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var arrived = Assert.Single(await second.WaitForAsync(1, Patience));
        Assert.EndsWith("\r\n" + text, Encoding.ASCII.GetString(arrived.Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_first_host_lacks_the_second_may_have()
    {
        await using var harness = await StartAsync(new SinkOptions { Extensions = ["PIPELINING"] });
        var sent = await harness.SendAsync("Subject: eight bits\r\n\r\nü\r\n");

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(second.NextHop, done.Recipients[0].Target);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task What_no_host_has_is_refused_for_good()
    {
        await second.DisposeAsync();
        second = SinkServer.Start(new SinkOptions { Extensions = ["PIPELINING"] });
        await using var harness = await StartAsync(new SinkOptions { Extensions = ["PIPELINING"] });
        var sent = await harness.SendAsync("Subject: eight bits\r\n\r\nü\r\n", from: "");

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(new EnhancedStatusCode(5, 6, 3), done.Recipients[0].Reply!.Status);
    }

    [Fact]
    public async Task A_lack_is_no_verdict_while_another_host_is_away()
    {
        second.StopListening();
        await using var harness = await StartAsync(new SinkOptions { Extensions = ["PIPELINING"] });
        var sent = await harness.SendAsync("Subject: eight bits\r\n\r\nü\r\n", from: "");

        await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts > 1);
        second.StartListening();
        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Delivered, done.Recipients[0].State);
    }

    [Fact]
    public async Task Every_host_is_asked_once_before_the_pause()
    {
        await using var harness = await StartAsync(change: c => c with { Precedences = PrecedenceTable.Default });
        harness.Sink.Script = Note("first", "451 4.3.0 not now");
        second.Script = Note("second", "452 4.3.1 nor here");
        var sent = await harness.SendAsync();

        var kept = await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts is 1);
        Assert.Equal(["first", "second"], asked);
        Assert.Equal("452 4.3.1 nor here", kept.Recipients[0].Reply!.ToString());
        Assert.True(kept.Recipients[0].Due > TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(4));
    }

    [Fact]
    public async Task A_refusal_for_good_is_taken_from_any_host()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = Note("first", "550 5.7.1 never");
        var sent = await harness.SendAsync(from: "");

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Failed, done.Recipients[0].State);
        Assert.Equal(["first"], asked);
        Assert.Equal(0, second.Connections);
    }

    [Fact]
    [Trait("Threat", "F15")]
    public async Task What_may_have_been_sent_goes_to_no_other_host_at_once()
    {
        await using var harness = await StartAsync(change: c => c with { Precedences = PrecedenceTable.Default });
        harness.Sink.Script = step => step.Phase is SinkPhase.FinalDot ? SinkAction.Abort : null;
        var sent = await harness.SendAsync();

        var kept = await harness.WaitForAsync(sent.Id, m => m.Recipients[0].Attempts is 1);
        Assert.Equal(RecipientState.Armed, kept.Recipients[0].State);
        Assert.Equal(0, second.Connections);
    }

    [Fact]
    [Trait("Threat", "F15")]
    public async Task A_host_that_breaks_behind_the_final_dot_again_is_passed_over()
    {
        await using var harness = await StartAsync();
        harness.Sink.Script = step => step.Phase is SinkPhase.FinalDot ? SinkAction.Abort : null;
        var sent = await harness.SendAsync();

        var done = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal((2, second.NextHop), (done.Recipients[0].Attempts, done.Recipients[0].Target));
        Assert.NotNull(Assert.Single(await second.WaitForAsync(1, Patience)).Field("X-MilSwitch-Suspected-Duplicate"));
    }

    [Fact]
    public async Task Later_mail_goes_to_the_preferred_host_again_and_never_over_more_connections_than_allowed()
    {
        await using var harness = await StartAsync(connections: 1);
        var both = 0;
        second.Script = step =>
        {
            if (step.Phase is SinkPhase.Mail) both = Math.Max(both, harness.Sink.OpenConnections + second.OpenConnections);
            return null;
        };
        harness.Sink.Script = step => step.Phase is SinkPhase.Recipient && step.Line.Contains("later@", StringComparison.Ordinal) ? SinkAction.Say("451 4.2.1 later") : null;
        var first = await harness.SendAsync(to: ["later@dest.test"]);
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        var next = await harness.SendAsync();

        Assert.Equal(harness.Sink.NextHop, (await harness.WaitForAsync(next.Id, m => m.State == MessageState.Done)).Recipients[0].Target);
        Assert.Equal(1, both);
    }

    private Func<SinkStep, SinkAction?> Note(string who, string reply) => step =>
    {
        if (step.Phase is not SinkPhase.Recipient) return null;
        asked.Enqueue(who);
        return SinkAction.Say(reply);
    };

    private Task<SwitchHarness> StartAsync(SinkOptions? sink = null, Func<SwitchConfiguration, SwitchConfiguration>? change = null, int connections = 4) =>
        SwitchHarness.StartAsync(
            c =>
            {
                var link = c.Routes.Routes[0].Link! with { Connections = connections };
                link = link with { Targets = [.. link.Targets, new HopTarget("127.0.0.1", second.Port, 1)] };
                c = c with { Routes = new RouteTable([new Route { Match = "*", Link = link }]) };
                return change is null ? c : change(c);
            },
            sink);
}
