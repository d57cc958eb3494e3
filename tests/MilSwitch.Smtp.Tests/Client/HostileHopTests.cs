using Microsoft.Extensions.Time.Testing;
using MilSwitch.Smtp.Client;
using static MilSwitch.Smtp.Tests.Client.Messages;

namespace MilSwitch.Smtp.Tests.Client;

/// <summary>THREATS S15: whatever the hop does, no loss and no false "delivered".</summary>
[Trait("Threat", "S15")]
public sealed class HostileHopTests
{
    private static async Task<TransactionResult> SendAsync(
        string[] capabilities, Func<ScriptedHop.Session, Task> script, bool octetByOctet = false, bool streamed = false)
    {
        var hop = new ScriptedHop(
            async s =>
            {
                await s.GreetAsync(capabilities);
                await script(s);
            },
            octetByOctet);
        await using var connection = await ConnectAsync(hop);
        var content = Header + (streamed ? string.Concat(Enumerable.Repeat("filler of a line\r\n", 60_000)) : "text\r\n");
        var result = await connection.SendAsync(Message(content, Envelope("b@x.example", "c@x.example"), streamed: streamed), default);
        await connection.DisposeAsync();
        await hop.FinishedAsync();
        return result;
    }

    /// <summary>Answers commands in order by a list; "close" closes, content is read where it comes. A null reply: silence.</summary>
    private static Func<ScriptedHop.Session, Task> Answers(params string[] replies) => async s =>
    {
        foreach (var reply in replies)
        {
            if (reply == "close") return;
            var line = await s.ReadLineAsync();
            if (line is null) return;
            if (line.StartsWith("BDAT")) await s.ReadOctetsAsync(int.Parse(line.Split(' ')[1]));
            if (reply == "eat")
            {
                await s.SendAsync("354 go\r\n");
                await s.ReadDataAsync();
                continue;
            }

            if (reply == "eat-and-close")
            {
                await s.SendAsync("354 go\r\n");
                await s.ReadDataAsync();
                return;
            }

            await s.SendAsync(reply + "\r\n");
        }

        while (await s.ReadLineAsync() is not null)
        {
        }
    };

    public static TheoryData<string, string, TransactionEnd, string> Dialogues() => new()
    {
        // Capabilities; replies to MAIL, RCPT, RCPT, and DATA or BDAT; the end; codes per recipient.
        { "PIPELINING", "close", TransactionEnd.Lost, "" },
        { "PIPELINING", "250 a|close", TransactionEnd.Lost, "" },
        { "PIPELINING", "250 a|250 b|250 c|close", TransactionEnd.Lost, "" },
        { "PIPELINING", "250 a|250 b|250 c|eat-and-close", TransactionEnd.Unknown, "" },
        { "PIPELINING", "421 bye", TransactionEnd.Answered, "421,421" },
        { "PIPELINING", "250 a|421 bye|close", TransactionEnd.Answered, "421,421" },
        { "PIPELINING", "250 a|550 no|421 bye|close", TransactionEnd.Answered, "550,421" },
        { "PIPELINING", "250 a|250 b|250 c|421 bye|close", TransactionEnd.Answered, "421,421" },
        { "PIPELINING", "250 a|250 b|250 c|451 4.3.0 later", TransactionEnd.Answered, "451,451" },
        { "PIPELINING", "250 a|250 b|250 c|250 early", TransactionEnd.Lost, "" },
        { "PIPELINING", "250 a|250 b|250 c|354 go\r\n250 early", TransactionEnd.Lost, "" },
        { "PIPELINING", "250 a|250 b|354 go|354 go", TransactionEnd.Lost, "" },
        { "PIPELINING", "354 a", TransactionEnd.Lost, "" },
        { "PIPELINING", "hello", TransactionEnd.Lost, "" },
        { "PIPELINING", "250 a\n", TransactionEnd.Lost, "" },
        { "PIPELINING", "250-a\r\n550 b", TransactionEnd.Lost, "" },
        { "PIPELINING", "451 4.1.8 who|503 x|503 x|503 x", TransactionEnd.Answered, "451,451" },
        { "PIPELINING", "550 5.1.8 who|250 x|250 x|503 x", TransactionEnd.Answered, "550,550" },
        { "PIPELINING", "550 5.1.8 who|close", TransactionEnd.Answered, "550,550" },
        { "PIPELINING", "250 a|250 b|552 too many|554 x", TransactionEnd.Answered, "554,452" },
        { "PIPELINING", "250 a|250 b|552 5.2.2 full|554 x", TransactionEnd.Answered, "554,552" },
        { "PIPELINING CHUNKING", "250 a|250 b|250 c|close", TransactionEnd.Unknown, "" },
        { "PIPELINING CHUNKING", "250 a|250 b|550 c|250 d", TransactionEnd.Answered, "250,550" },
        { "PIPELINING CHUNKING", "250 a|550 b|550 c|503 d", TransactionEnd.Answered, "550,550" },
        { "PIPELINING CHUNKING", "250 a|550 b|550 c|close", TransactionEnd.Answered, "550,550" },
        { "PIPELINING CHUNKING", "250 a|550 b|550 c|250 d", TransactionEnd.Answered, "550,550" },
        { "PIPELINING CHUNKING", "250 a|250 b|250 c|354 d", TransactionEnd.Unknown, "" },
        { "PIPELINING CHUNKING", "250 a|250 b|250 c|nonsense", TransactionEnd.Unknown, "" },
        { "PIPELINING CHUNKING", "250 a|250 b|250 c|421 d", TransactionEnd.Answered, "421,421" },
        { "", "451 a", TransactionEnd.Answered, "451,451" },
        { "", "250 a|451 b|550 c", TransactionEnd.Answered, "451,550" },
        { "", "250 a|250 b|close", TransactionEnd.Lost, "" },
        { "", "250 a|250 b|250 c|eat-and-close", TransactionEnd.Unknown, "" },
        { "", "250 a\r\n250 b\r\n250 c\r\n354 d\r\n250 e", TransactionEnd.Lost, "" },
    };

    [Theory]
    [MemberData(nameof(Dialogues))]
    public async Task Ends_every_dialogue_rightly(string capabilities, string replies, TransactionEnd end, string codes)
    {
        foreach (var octetByOctet in new[] { false, true })
        {
            var result = await SendAsync(capabilities.Split(' ', StringSplitOptions.RemoveEmptyEntries), Answers(replies.Split('|')), octetByOctet);
            Assert.Equal((end, codes), (result.End, string.Join(",", result.Replies.Select(r => r.Code))));
            if (end != TransactionEnd.Answered) Assert.False(result.Reusable);
            if (end != TransactionEnd.Answered) Assert.NotEmpty(result.Fault);
            if (replies.Contains("421")) Assert.False(result.Reusable);
        }
    }

    [Theory]
    [InlineData("552 5.3.4 too big", TransactionEnd.Answered)]
    [InlineData("250 2.0.0 got it", TransactionEnd.Lost)]
    [InlineData("421 4.3.2 shutting down", TransactionEnd.Answered)]
    public async Task Hears_an_answer_that_comes_before_the_end_of_the_content(string reply, TransactionEnd end)
    {
        var said = new TaskCompletionSource();
        var finished = false;
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("PIPELINING");
            await s.ReplyAsync("MAIL", "250 a");
            await s.ReplyAsync("RCPT", "250 b");
            await s.ReplyAsync("DATA", "354 c");
            await s.ReadOctetsAsync(1000);
            await s.SendAsync(reply + "\r\n");
            said.SetResult();
            try
            {
                await s.ReadDataAsync();
                finished = true;
            }
            catch (EndOfStreamException)
            {
            }
        });
        await using var connection = await ConnectAsync(hop);
        var octets = System.Text.Encoding.ASCII.GetBytes(Header + string.Concat(Enumerable.Repeat("filler of a line\r\n", 20_000)));
        var message = Message(octets) with { Content = new WaitingContent(octets, said.Task) };
        var result = await connection.SendAsync(message, default);
        await hop.FinishedAsync();
        Assert.Equal((end, false, false), (result.End, result.Reusable, finished));
        if (end == TransactionEnd.Answered) Assert.StartsWith(result.Replies[0].ToString(), reply);
    }

    [Fact]
    public async Task Does_not_use_a_connection_on_which_more_was_said_than_asked()
    {
        var result = await SendAsync(["PIPELINING", "CHUNKING"], Answers("250 a", "250 b", "250 c", "250 d\r\n250 e"));
        Assert.Equal((TransactionEnd.Answered, false, 250), (result.End, result.Reusable, result.Replies[0].Code));
    }

    [Theory]
    [InlineData("421 4.4.2 idle for too long\r\n")]
    [InlineData("250 2.0.0 what you will send is fine\r\n")]
    [InlineData("")]
    public async Task Sends_nothing_over_a_connection_that_ended_while_idle(string farewell)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("PIPELINING");
            await go.Task;
            if (farewell.Length > 0) await s.SendAsync(farewell);
        });
        await using var connection = await ConnectAsync(hop);
        go.SetResult();
        await hop.FinishedAsync();
        var result = await connection.SendAsync(Message(Header), default);
        Assert.Equal((TransactionEnd.Lost, false), (result.End, result.Reusable));
        Assert.True(result.Unheard);
        Assert.Single(hop.Commands);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("250 2.1.0 ok\r\n", false)]
    [InlineData("hello?\r\n", false)]
    public async Task Tells_a_connection_that_died_from_one_that_was_answered(string? answer, bool unheard)
    {
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("PIPELINING");
            await s.ReadLineAsync();
            if (answer is not null) await s.SendAsync(answer);
        });
        await using var connection = await ConnectAsync(hop);
        var result = await connection.SendAsync(Message(Header), default);
        Assert.Equal((TransactionEnd.Lost, unheard), (result.End, result.Unheard));
    }

    [Theory]
    [InlineData("MAIL", TransactionEnd.Lost)]
    [InlineData("DATA", TransactionEnd.Lost)]
    [InlineData(".", TransactionEnd.Unknown)]
    public async Task Waits_no_longer_than_the_phase_allows(string silentAt, TransactionEnd end)
    {
        var time = new FakeTimeProvider();
        var silent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync();
            while (await s.ReadLineAsync() is { } line)
            {
                if (line == silentAt)
                {
                    silent.SetResult();
                    continue;
                }

                if (line.StartsWith(silentAt))
                {
                    // A drop now and then does not buy time.
                    await s.SendAsync("2");
                    silent.SetResult();
                    continue;
                }

                if (silent.Task.IsCompleted) continue;
                await s.SendAsync(line == "DATA" ? "354 go\r\n" : line.Contains(' ') && line[4] == ' ' ? "250 ok\r\n" : "");
            }
        });
        await using var connection = await ConnectAsync(hop, time: time);
        var pending = connection.SendAsync(Message(Header), default).AsTask();
        await silent.Task.WaitAsync(TimeSpan.FromSeconds(10));
        var limit = silentAt == "." ? Settings.FinalDotTimeout : Settings.CommandTimeout;
        await AdvanceUntilDoneAsync(time, limit, pending);
        var result = await pending;
        Assert.Equal((end, false), (result.End, result.Reusable));
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task Cancellation_is_a_lost_connection_and_never_a_delivery()
    {
        using var cancellation = new CancellationTokenSource();
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("PIPELINING", "CHUNKING");
            await s.ReadLineAsync();
            await cancellation.CancelAsync();
            while (await s.ReadLineAsync() is not null)
            {
            }
        });
        await using var connection = await ConnectAsync(hop);
        var result = await connection.SendAsync(Message(Header), cancellation.Token);
        Assert.Equal(TransactionEnd.Unknown, result.End);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task What_the_store_throws_reaches_the_caller_and_ends_the_connection()
    {
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("PIPELINING");
            await s.ReplyAsync("MAIL", "250 a");
            await s.ReplyAsync("RCPT", "250 b");
            await s.ReplyAsync("DATA", "354 c");
            await Assert.ThrowsAsync<EndOfStreamException>(s.ReadDataAsync);
        });
        await using var connection = await ConnectAsync(hop);
        var message = Message(Header) with { BeforeFinalDot = _ => throw new InvalidOperationException("store") };
        await Assert.ThrowsAsync<InvalidOperationException>(() => connection.SendAsync(message, default).AsTask());
        await hop.FinishedAsync();
        Assert.False((await connection.SendAsync(Message(Header), default)).Reusable);
    }

    [Theory]
    [InlineData("554 5.7.1 not you", null, 554)]
    [InlineData("421 4.3.2 busy", null, 421)]
    [InlineData("220 hi", "421 4.3.2 busy", 421)]
    [InlineData("220 hi", "451 4.3.2 busy", 451)]
    [InlineData("220 hi", "550 5.7.1 no EHLO|550 5.7.1 no HELO", 550)]
    public async Task A_refused_greeting_is_a_refusal(string greeting, string? replies, int code)
    {
        var hop = new ScriptedHop(async s =>
        {
            await s.SendAsync(greeting + "\r\n");
            await Answers(replies?.Split('|') ?? [])(s);
        });
        var result = await SmtpClientConnection.ConnectAsync(Target, Settings, hop, TimeProvider.System, default);
        Assert.Equal(code, Assert.IsType<ConnectResult.Refused>(result).Reply.Code);
        await hop.FinishedAsync();
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n", ConnectPhase.Greeting)]
    [InlineData("220 hi\n", ConnectPhase.Greeting)]
    [InlineData("250 hi\r\n", ConnectPhase.Greeting)]
    [InlineData("", ConnectPhase.Greeting)]
    [InlineData("220 hi\r\n250 early\r\n", ConnectPhase.Hello)]
    [InlineData("220 hi\r\n", ConnectPhase.Hello)]
    public async Task Nonsense_instead_of_a_greeting_is_a_failure(string octets, ConnectPhase phase)
    {
        var hop = new ScriptedHop(s => s.SendAsync(octets));
        var result = await SmtpClientConnection.ConnectAsync(Target, Settings, hop, TimeProvider.System, default);
        Assert.Equal(phase, Assert.IsType<ConnectResult.Failed>(result).Phase);
    }

    [Fact]
    public async Task Falls_back_to_helo()
    {
        var hop = new ScriptedHop(async s =>
        {
            await s.SendAsync("220 old\r\n");
            await s.ReplyAsync("EHLO switch.example", "502 5.5.1 what?");
            await s.ReplyAsync("HELO switch.example", "250-PIPELINING\r\n250 CHUNKING");
            await s.ServeAsync();
        });
        await using var connection = await ConnectAsync(hop);
        Assert.Equal(HopCapabilities.None, connection.Capabilities);
        Assert.Equal(250, (await connection.SendAsync(Message(Header), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task A_hop_that_never_greets_is_given_up_and_a_cancelled_attempt_throws()
    {
        var time = new FakeTimeProvider();
        var hop = new ScriptedHop(async s => await s.ReadLineAsync());
        var pending = SmtpClientConnection.ConnectAsync(Target, Settings, hop, time, default).AsTask();
        await AdvanceUntilDoneAsync(time, Settings.CommandTimeout, pending);
        Assert.IsType<ConnectResult.Failed>(await pending);
        using var cancellation = new CancellationTokenSource();
        var second = SmtpClientConnection.ConnectAsync(Target, Settings, hop, time, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await hop.FinishedAsync();
    }

    [Fact]
    public async Task A_goodbye_without_answer_does_not_last()
    {
        var time = new FakeTimeProvider();
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync();
            while (await s.ReadLineAsync() is not null)
            {
            }
        });
        var connection = await ConnectAsync(hop, time: time);
        var pending = connection.QuitAsync(default).AsTask();
        await AdvanceUntilDoneAsync(time, TimeSpan.FromSeconds(5), pending);
        await pending;
        await hop.FinishedAsync();
        Assert.Equal("QUIT", hop.Commands[^1]);
    }

    // The timer is set on another thread than this one, a little before or after: turn the clock until it has been.
    private static async Task AdvanceUntilDoneAsync(FakeTimeProvider time, TimeSpan limit, Task pending)
    {
        for (var turns = 0; turns < 200 && !pending.IsCompleted; turns++)
        {
            time.Advance(limit + TimeSpan.FromSeconds(1));
            await Task.WhenAny(pending, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        Assert.True(pending.IsCompleted);
    }

    /// <summary>A content whose second half is there only when something has happened.</summary>
    private sealed class WaitingContent(byte[] octets, Task happened) : Domain.Spool.ContentReader
    {
        private int position;

        public override long Length => octets.Length;

        public override ReadOnlyMemory<byte>? Inline => null;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (position > octets.Length / 2) await happened.WaitAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
            var count = Math.Min(buffer.Length, octets.Length - position);
            octets.AsMemory(position, count).CopyTo(buffer);
            position += count;
            return count;
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
