using System.Text;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>A next hop that misbehaves once must not cost a message, nor double one unmarked; one that refuses must be believed.</summary>
[Trait("Threat", "F15")]
public sealed class PeerFaultTests : FieldTest
{
    public static TheoryData<SinkPhase, string> Passing
    {
        get
        {
            var data = new TheoryData<SinkPhase, string>();
            SinkPhase[] phases = [SinkPhase.Connect, SinkPhase.Hello, SinkPhase.Mail, SinkPhase.Recipient, SinkPhase.Data, SinkPhase.Content, SinkPhase.FinalDot];
            foreach (var phase in phases)
            {
                data.Add(phase, "close");
                data.Add(phase, "reset");
                if (phase is SinkPhase.Content) continue;
                data.Add(phase, "421");
                data.Add(phase, "garbage");
                if (phase is not (SinkPhase.Connect or SinkPhase.Hello)) data.Add(phase, "451");
            }

            data.Add(SinkPhase.Connect, "slow");
            data.Add(SinkPhase.FinalDot, "slow");
            data.Add(SinkPhase.Mail, "endless line");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Delivers_after_a_passing_fault(SinkPhase phase, string fault)
    {
        // PIPELINING makes RCPT and DATA follow MAIL at once; a sink without CHUNKING has a DATA phase.
        var sink = StartSink(new SinkOptions { Extensions = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "MT-PRIORITY STANAG4406"] });
        var done = 0;
        sink.Script = step => step.Phase == phase && Interlocked.Exchange(ref done, 1) is 0 ? Fault(fault) : null;
        var milswitch = await StartSwitchAsync(sink.NextHop);
        var content = Message($"{phase} {fault}");

        await SubmitAsync(milswitch, content);
        await sink.WaitForAsync(1, TimeSpan.FromSeconds(60));

        Assert.Equal(1, done);
        var copies = sink.Transactions;
        Assert.Single(copies, c => c.Accepted);
        Assert.All(copies, c => Assert.True(c.Content.Span.EndsWith(content)));
        // Whether the hop kept what it never answered for can't be known: that copy's successor says so. A small content
        // goes out with its final dot in one piece, so that a break while it is read counts likewise.
        if (phase is SinkPhase.FinalDot && fault is "close" or "reset" && copies.Count > 1)
            Assert.NotNull(copies[^1].Field("X-MilSwitch-Suspected-Duplicate"));
        else if (copies.Count is 1 && phase is not SinkPhase.Content) Assert.Null(copies[0].Field("X-MilSwitch-Suspected-Duplicate"));
    }

    [Theory]
    [InlineData(SinkPhase.Mail, "550 5.7.1 no mail from you")]
    [InlineData(SinkPhase.Recipient, "550 5.1.1 no such user")]
    [InlineData(SinkPhase.Data, "554 5.3.0 no data")]
    [InlineData(SinkPhase.FinalDot, "554 5.6.0 content refused")]
    public async Task Returns_what_the_hop_refuses_for_good(SinkPhase phase, string reply)
    {
        var (sink, back) = (StartSink(new SinkOptions { Extensions = ["PIPELINING", "8BITMIME"] }), StartSink());
        sink.Script = step => step.Phase == phase ? SinkAction.Say(reply) : null;
        var milswitch = await StartSwitchAsync([new RouteSetup("client.test", back.NextHop), new RouteSetup("*", sink.NextHop)]);

        await SubmitAsync(milswitch, Message("refused"));

        var report = Text(Assert.Single(await back.WaitForAsync(1, Soon)));
        Assert.Contains("Action: failed", report, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(reply[4..], report, StringComparison.Ordinal);
        Assert.Contains("Status: " + reply.Split(' ')[1], report, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [Trait("Threat", "F16")]
    public async Task Serves_each_recipient_once_when_some_are_refused()
    {
        var (sink, back) = (StartSink(), StartSink());
        var deferred = 0;
        sink.Script = step => step.Phase is not SinkPhase.Recipient ? null
            : step.Line.Contains("never", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user")
            : step.Line.Contains("later", StringComparison.Ordinal) && Interlocked.Increment(ref deferred) <= 10 ? SinkAction.Say("450 4.2.1 later")
            : null;
        var milswitch = await StartSwitchAsync([new RouteSetup("client.test", back.NextHop), new RouteSetup("*", sink.NextHop)]);
        string[] recipients = [.. Enumerable.Range(0, 10).SelectMany(i => (string[])[$"now{i}@sink.test", $"later{i}@sink.test", $"never{i}@sink.test"])];

        await SubmitAsync(milswitch, Message("mixed"), "", "a@client.test", recipients);

        await Eventually.ComesTrueAsync(() => sink.Transactions.Sum(t => t.Recipients.Count) >= 20, TimeSpan.FromSeconds(60), "twenty recipients");
        var report = Text((await back.WaitForAsync(1, Soon))[0]);
        var served = sink.Transactions.SelectMany(t => t.Recipients).Select(r => r.Split('<', '>')[1]).Order().ToArray();
        Assert.Equal(recipients.Where(r => !r.StartsWith("never", StringComparison.Ordinal)).Order(), served);
        for (var i = 0; i < 10; i++) Assert.Contains($"never{i}@sink.test", report, StringComparison.Ordinal);
        Assert.DoesNotContain("now0@sink.test", report.Split("message/rfc822")[0], StringComparison.Ordinal);
        Assert.Equal(1, back.Accepted);
    }

    [Fact]
    public async Task Never_sends_in_clear_where_TLS_is_required_and_broken()
    {
        using var pki = new TestPki();
        using var stranger = new TestPki("Stranger");
        using var good = pki.Issue("127.0.0.1");
        using var bad = stranger.Issue("127.0.0.1");
        TestPki.Write(pki.Authority, Workspace["ca.pem"]);
        var tls = $"{{ mode: required, ca: {Workspace["ca.pem"]} }}";
        var untrusted = StartSink(new SinkOptions { Certificate = bad });
        var garbled = StartSink(new SinkOptions { Certificate = good });
        garbled.Script = step => step.Phase is SinkPhase.StartTls ? new SinkAction { Raw = Encoding.ASCII.GetBytes("220 go on\r\nthis is no handshake\r\n") } : null;
        var without = StartSink();
        var milswitch = await StartSwitchAsync(
        [
            new RouteSetup("untrusted.test", untrusted.NextHop) { Tls = tls }, new RouteSetup("garbled.test", garbled.NextHop) { Tls = tls },
            new RouteSetup("without.test", without.NextHop) { Tls = tls },
        ]);

        await SubmitAsync(milswitch, Message("secret"), "", "a@client.test", "b@untrusted.test", "b@garbled.test", "b@without.test");
        await Eventually.ComesTrueAsync(
            () => untrusted.Connections > 1 && garbled.Connections > 1 && without.Connections > 1, TimeSpan.FromSeconds(60), "each was tried twice");

        Assert.Empty(untrusted.Transactions);
        Assert.Empty(garbled.Transactions);
        Assert.Empty(without.Transactions);
        garbled.Script = null;
        Assert.True(Assert.Single(await garbled.WaitForAsync(1, TimeSpan.FromSeconds(60))).Encrypted);
    }

    private static SinkAction Fault(string name) => name switch
    {
        "close" => SinkAction.Close,
        "reset" => SinkAction.Abort,
        "421" => new SinkAction { Reply = "421 4.3.2 closing", End = SinkEnd.Close },
        "451" => SinkAction.Say("451 4.3.0 not now"),
        "garbage" => new SinkAction { Raw = new byte[] { 0xff, 0x00, (byte)'x', (byte)'\r', (byte)'\n', (byte)'9', (byte)'\n' }, End = SinkEnd.Close },
        "slow" => new SinkAction { Delay = TimeSpan.FromSeconds(2), OctetPause = TimeSpan.FromMilliseconds(50) },
        "endless line" => new SinkAction { Raw = Encoding.ASCII.GetBytes("250-" + new string('x', 1 << 20)), End = SinkEnd.Close },
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
