using System.Text;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Client;
using static MilSwitch.Smtp.Tests.Client.Messages;

namespace MilSwitch.Smtp.Tests.Client;

public sealed class TransactionTests(Xunit.Abstractions.ITestOutputHelper log)
{
    private static readonly string[][] Dialects =
    [
        [], ["PIPELINING"], ["CHUNKING"], ["PIPELINING", "CHUNKING"], ["PIPELINING", "CHUNKING", "8BITMIME", "BINARYMIME", "SIZE"],
    ];

    public static TheoryData<int, bool> DialectsTwice()
    {
        var data = new TheoryData<int, bool>();
        for (var i = 0; i < Dialects.Length; i++)
        {
            data.Add(i, false);
            data.Add(i, true);
        }

        return data;
    }

    private static async Task<(TransactionResult Result, List<byte[]> Contents, List<string> Commands)> SendAsync(
        OutgoingMessage message, string[] capabilities, TimeProvider? time = null, Func<ScriptedHop.Session, Task>? script = null,
        bool tunnel = true)
    {
        List<byte[]> contents = [];
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync(capabilities);
            if (script is not null) await script(s);
            else contents = await s.ServeAsync();
        });
        await using var connection = await ConnectAsync(hop, Settings with { TunnelPriority = tunnel }, time);
        var result = await connection.SendAsync(message, default);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
        return (result, contents, hop.Commands);
    }

    [Theory]
    [MemberData(nameof(DialectsTwice))]
    public async Task Sends_stored_octets_exactly_and_uses_the_connection_again(int dialect, bool octetByOctet)
    {
        List<byte[]> contents = [];
        var hop = new ScriptedHop(
            async s =>
            {
                await s.GreetAsync(Dialects[dialect]);
                contents = await s.ServeAsync();
            },
            octetByOctet);
        await using var connection = await ConnectAsync(hop);
        var large = Encoding.ASCII.GetBytes(Header + string.Concat(Enumerable.Repeat("..line\r\n.\r\nanother line of text\r\n", 12_000)));
        byte[][] all = [Encoding.ASCII.GetBytes(Header + ".\r\n..\r\nend\r\n"), large, "\r\n"u8.ToArray(), large];
        for (var i = 0; i < all.Length; i++)
        {
            var result = await connection.SendAsync(Message(all[i], Envelope("b@two.example", "c@two.example"), "Received: x\r\n", streamed: i == 3), default);
            Assert.Equal(TransactionEnd.Answered, result.End);
            Assert.True(result.Reusable);
            Assert.Equal(["250 2.0.0 queued", "250 2.0.0 queued"], result.Replies.Select(r => r.ToString()));
            Assert.Equal(i + 1, connection.MessagesSent);
        }

        await connection.QuitAsync(default);
        await hop.FinishedAsync();
        Assert.Equal(all.Select(a => "Received: x\r\n" + Encoding.ASCII.GetString(a)), contents.Select(Encoding.ASCII.GetString));
        Assert.DoesNotContain("RSET", hop.Commands);
    }

    [Fact]
    [Trait("Feature", "A-02")]
    public async Task Pipelines_a_small_message_into_one_write_with_chunking_and_two_without()
    {
        foreach (var (capabilities, writes) in new[] { (new[] { "PIPELINING", "CHUNKING" }, 1), (["PIPELINING"], 2) })
        {
            var hop = new ScriptedHop(async s =>
            {
                await s.GreetAsync(capabilities);
                await s.ServeAsync();
            });
            await using var connection = await ConnectAsync(hop);
            await connection.SendAsync(Message(Header + "first\r\n"), default);
            var before = hop.ClientEnds[0].Writes;
            await connection.SendAsync(Message(Header + new string('x', 4000) + "\r\n"), default);
            Assert.Equal(writes, hop.ClientEnds[0].Writes - before);
        }
    }

    [Fact]
    public async Task A_message_of_4_KiB_costs_one_write_one_read_and_less_than_2_KB_of_garbage()
    {
        var transport = new CannedTransport();
        var connected = await SmtpClientConnection.ConnectAsync(Target, Settings, transport, TimeProvider.System, default);
        await using var connection = ((ConnectResult.Connected)connected).Connection;
        var message = Message(Header + string.Concat(Enumerable.Repeat("a line of quite ordinary length, more or less as usual\r\n", 73)));
        for (var i = 0; i < 100; i++) await connection.SendAsync(message, default);
        var (writes, reads) = (transport.Writes, transport.Reads);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            var pending = connection.SendAsync(message, default);
            Assert.True(pending.IsCompletedSuccessfully);
            await pending;
        }

        var perMessage = (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
        Assert.Equal((100, 100), (transport.Writes - writes, transport.Reads - reads));
        log.WriteLine($"{perMessage} octets per message");
        Assert.True(perMessage < 2048, $"{perMessage} octets");
    }

    [Fact]
    public async Task Gives_each_recipient_the_reply_that_decides()
    {
        foreach (var capabilities in Dialects)
        {
            var (result, _, _) = await SendAsync(Message(Header, Envelope("a@x.example", "b@x.example", "c@x.example")), capabilities, script: async s =>
            {
                await s.ReplyAsync("MAIL", "250 ok");
                await s.ReplyAsync("RCPT", "250 ok");
                await s.ReplyAsync("RCPT", "550 5.1.1 unknown");
                await s.ReplyAsync("RCPT", "452 4.2.2 full");
                var line = await s.ReadLineAsync();
                if (line == "DATA")
                {
                    await s.SendAsync("354 go\r\n");
                    await s.ReadDataAsync();
                }
                else
                {
                    await s.ReadOctetsAsync(Header.Length);
                }

                await s.SendAsync("250 2.0.0 done\r\n");
                await s.ReplyAsync("QUIT", "221 bye");
            });
            Assert.Equal(["250 2.0.0 done", "550 5.1.1 unknown", "452 4.2.2 full"], result.Replies.Select(r => r.ToString()));
            Assert.True(result.Reusable);
        }
    }

    [Fact]
    public async Task Sends_only_a_dot_when_data_is_taken_though_nobody_was()
    {
        var (result, _, _) = await SendAsync(Message(Header), ["PIPELINING"], script: async s =>
        {
            await s.ReplyAsync("MAIL", "250 ok");
            await s.ReplyAsync("RCPT", "550 5.1.1 unknown");
            await s.ReplyAsync("DATA", "354 go");
            Assert.Equal(".", await s.ReadLineAsync());
            await s.SendAsync("250 2.0.0 taken\r\n");
            await s.ReplyAsync("QUIT", "221 bye");
        });
        Assert.Equal("550 5.1.1 unknown", result.Replies[0].ToString());
        Assert.True(result.Reusable);
    }

    [Fact]
    public async Task Resets_before_the_next_transaction_when_one_failed_midway()
    {
        foreach (var capabilities in Dialects)
        {
            var hop = new ScriptedHop(async s =>
            {
                await s.GreetAsync(capabilities);
                await s.ReplyAsync("MAIL", "250 ok");
                await s.ReplyAsync("RCPT", "450 4.2.0 later");
                if (capabilities.Contains("PIPELINING"))
                {
                    var line = await s.ReadLineAsync();
                    if (line!.StartsWith("BDAT")) await s.ReadOctetsAsync(Header.Length);
                    await s.SendAsync("503 5.5.1 no recipients\r\n");
                }

                await s.ReplyAsync("RSET", "250 ok");
                await s.ServeAsync();
            });
            await using var connection = await ConnectAsync(hop);
            var first = await connection.SendAsync(Message(Header), default);
            Assert.Equal((450, true), (first.Replies[0].Code, first.Reusable));
            var second = await connection.SendAsync(Message(Header), default);
            Assert.Equal((250, true), (second.Replies[0].Code, second.Reusable));
            await connection.QuitAsync(default);
            await hop.FinishedAsync();
        }
    }

    [Fact]
    public async Task Sends_many_recipients_in_bounded_groups()
    {
        var recipients = Enumerable.Range(0, 350).Select(i => $"user{i}@x.example").ToArray();
        foreach (var capabilities in Dialects)
        {
            var (result, contents, commands) = await SendAsync(Message(Header, Envelope(recipients)), capabilities);
            Assert.All(result.Replies, r => Assert.Equal(250, r.Code));
            Assert.Equal(350, result.Replies.Length);
            Assert.Single(contents);
            Assert.Equal(350, commands.Count(c => c.StartsWith("RCPT")));
        }
    }

    [Fact]
    public async Task Carries_every_parameter_to_a_hop_that_knows_them()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        MtPriority.TryCreate(7, out var priority);
        var envelope = Envelope("b@two.example", "\"odd > one\"@two.example") with
        {
            Body = BodyType.EightBitMime, SmtpUtf8 = true, Return = DsnReturn.Headers, EnvelopeId = "id+1=x y",
            DeliverBy = new DeliverBy(DateTimeOffset.UnixEpoch.AddSeconds(90.9), DeliverByMode.Return, true),
        };
        envelope = envelope with
        {
            Recipients =
            [
                envelope.Recipients[0] with
                {
                    Notify = NotifyOptions.Success | NotifyOptions.Delay, OriginalRecipient = new OriginalRecipient("rfc822", "Bob+x@two.example"), Priority = priority,
                },
                envelope.Recipients[1] with { Notify = NotifyOptions.Never, OriginalRecipient = new OriginalRecipient("utf-8", "b\u00fc =\\x{F6}@two.example") },
            ],
        };
        var (result, contents, commands) = await SendAsync(Message(Header, envelope), AllExtensions, time);
        Assert.Equal(
            [
                $"MAIL FROM:<a@one.example> SIZE={Header.Length} BODY=8BITMIME SMTPUTF8 MT-PRIORITY=7 BY=90;RT RET=HDRS ENVID=id+2B1+3Dx+20y",
                "RCPT TO:<b@two.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2Bx@two.example",
                "RCPT TO:<\"odd > one\"@two.example> NOTIFY=NEVER ORCPT=utf-8;b\\x{FC}\\x{20}\\x{3D}\\x{F6}@two.example",
                $"BDAT {Header.Length} LAST",
            ],
            commands.Skip(1).Take(4));
        Assert.Equal(Header, Encoding.ASCII.GetString(contents[0]));
        Assert.True(result.HopReports);
        Assert.False(result.DeadlineDropped);
    }

    [Theory]
    [Trait("Feature", "A-13")]
    [InlineData("MT-PRIORITY", " MT-PRIORITY=-2")]
    [InlineData("MT-PRIORITY MIXER", " MT-PRIORITY=-2")]
    [InlineData("DSN", "")]
    public async Task Tells_a_hop_that_knows_priorities_the_level_of_unmarked_mail_and_adds_no_field(string capability, string parameter)
    {
        var envelope = Envelope();
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { Precedence = Precedence.Routine }] };
        var (_, contents, commands) = await SendAsync(Message(Header, envelope), [capability]);
        Assert.Contains($"MAIL FROM:<a@one.example>{parameter}", commands);
        Assert.Equal(Header, Encoding.ASCII.GetString(Assert.Single(contents)));
    }

    [Fact]
    public async Task Sends_no_parameter_to_a_hop_that_knows_none()
    {
        MtPriority.TryCreate(4, out var priority);
        var envelope = Envelope() with
        {
            ReversePath = ReversePath.Null, Body = BodyType.EightBitMime, SmtpUtf8 = true, RequireTls = true, Return = DsnReturn.Full, EnvelopeId = "x",
            DeliverBy = new DeliverBy(DateTimeOffset.UnixEpoch.AddSeconds(-5), DeliverByMode.Notify, false),
        };
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { Notify = NotifyOptions.Never, Priority = priority }] };
        var (result, _, commands) = await SendAsync(Message(Header, envelope), [], new FakeTimeProvider(DateTimeOffset.UnixEpoch), tunnel: false);
        Assert.Equal(["MAIL FROM:<>", "RCPT TO:<b@two.example>", "DATA"], commands.Skip(1).Take(3));
        Assert.False(result.HopReports);
        Assert.False(result.DeadlineDropped);
    }

    [Theory]
    [Trait("Feature", "A-11")]
    [InlineData(DeliverByMode.Return, 100, new[] { "DSN" }, "554 5.3.3")]
    [InlineData(DeliverByMode.Return, 3, new[] { "DELIVERBY 5" }, "554 5.4.7")]
    [InlineData(DeliverByMode.Return, 0, new[] { "DELIVERBY" }, "554 5.4.7")]
    [InlineData(DeliverByMode.Return, 10, new[] { "DELIVERBY 5" }, "250 2.0.0", "BY=10;R")]
    [InlineData(DeliverByMode.Notify, -7, new[] { "DELIVERBY 5" }, "250 2.0.0", "BY=-7;N")]
    [InlineData(DeliverByMode.Notify, 100, new[] { "DSN" }, "250 2.0.0", "NOTIFY=FAILURE,DELAY")]
    public async Task Keeps_to_the_deadline(DeliverByMode mode, int seconds, string[] capabilities, string reply, string parameter = "")
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var envelope = Envelope() with { DeliverBy = new DeliverBy(DateTimeOffset.UnixEpoch.AddSeconds(seconds), mode, false) };
        var (result, _, commands) = await SendAsync(Message(Header, envelope), capabilities, time);
        Assert.StartsWith(reply, result.Replies[0].ToString());
        if (reply[0] == '5') Assert.Equal(["EHLO switch.example", "QUIT"], commands);
        else Assert.Contains(commands, c => c.EndsWith(" " + parameter));
        Assert.Equal(parameter.StartsWith("NOTIFY"), result.DeadlineDropped);
    }

    [Theory]
    [InlineData("8bit", "554 5.6.3")]
    [InlineData("binary", "554 5.6.3")]
    [InlineData("utf8", "553 5.6.7")]
    [InlineData("utf8-sender", "553 5.6.7")]
    [InlineData("size", "552 5.3.4")]
    [InlineData("requiretls", "550 5.7.10")]
    [InlineData("lf", "554 5.6.0")]
    public async Task Refuses_for_good_what_the_hop_cannot_take(string what, string reply)
    {
        var envelope = Envelope();
        var content = Header + "text\r\n";
        switch (what)
        {
            case "8bit": content += "\u00fc\r\n"; break;
            case "binary": envelope = envelope with { Body = BodyType.BinaryMime }; break;
            case "utf8": envelope = Envelope("b\u00fc@two.example"); break;
            case "utf8-sender": envelope = envelope with { ReversePath = new ReversePath(Mailbox.Parse("\u00fc@one.example")) }; break;
            case "size": content += new string('x', 1000); break;
            case "requiretls": envelope = envelope with { RequireTls = true }; break;
            case "lf": content += "a\n.\nMAIL FROM:<x>\r\n"; break;
        }

        var (result, _, commands) = await SendAsync(Message(content, envelope), ["PIPELINING", "CHUNKING", "SIZE 500"]);
        Assert.StartsWith(reply, result.Replies[0].ToString());
        Assert.True(result.Reusable);
        Assert.Equal(["EHLO switch.example", "QUIT"], commands);
    }

    [Fact]
    public async Task Refuses_only_the_recipient_who_needs_what_the_hop_lacks()
    {
        var envelope = Envelope("b\u00fc@two.example", "c@two.example", "d\u00fc@two.example");
        foreach (var capabilities in new[] { [], new[] { "PIPELINING" } })
        {
            var (result, contents, commands) = await SendAsync(Message(Header, envelope), capabilities);
            Assert.Equal([553, 250, 553], result.Replies.Select(r => r.Code));
            Assert.Single(contents);
            Assert.Equal("RCPT TO:<c@two.example>", Assert.Single(commands, c => c.StartsWith("RCPT")));
        }
    }

    [Fact]
    public async Task Sends_content_that_is_really_7_bit_whatever_was_declared()
    {
        var envelope = Envelope() with { Body = BodyType.EightBitMime, SmtpUtf8 = true };
        var (result, contents, commands) = await SendAsync(Message(Header, envelope), []);
        Assert.Equal(250, result.Replies[0].Code);
        Assert.Single(contents);
        Assert.Contains("MAIL FROM:<a@one.example>", commands);
    }

    [Fact]
    public async Task Sends_binary_content_as_it_is_in_chunks()
    {
        byte[] content = [.. "A: b\r\n\r\n"u8, 0, 10, 13, 255, .. "\n.\n\r.\r"u8];
        var (result, contents, commands) = await SendAsync(Message(content, Envelope() with { Body = BodyType.BinaryMime }), AllExtensions);
        Assert.Equal(250, result.Replies[0].Code);
        Assert.Equal(content, contents[0]);
        Assert.Contains(commands, c => c.Contains(" BODY=BINARYMIME "));
    }

    [Theory]
    [Trait("Threat", "S2")]
    [InlineData("PIPELINING")]
    [InlineData("CHUNKING")]
    public async Task Breaks_off_when_streamed_content_turns_out_bad(string capability)
    {
        foreach (var (bad, code) in new[] { ("a\n.\nb\r\n", "5.6.0"), ("\u00fc\r\n", "5.6.3") })
        {
            var content = Header + string.Concat(Enumerable.Repeat("filler of some length\r\n", 30_000)) + bad;
            var ended = false;
            var hop = new ScriptedHop(async s =>
            {
                await s.GreetAsync(capability);
                try
                {
                    ended = (await s.ServeAsync()).Count > 0;
                }
                catch (EndOfStreamException)
                {
                }
            });
            await using var connection = await ConnectAsync(hop);
            var result = await connection.SendAsync(Message(content, streamed: true), default);
            await hop.FinishedAsync();
            Assert.Equal(code, result.Replies[0].Status.ToString());
            Assert.False(result.Reusable);
            Assert.False(ended);
        }
    }

    [Theory]
    [Trait("Threat", "F11")]
    [InlineData("PIPELINING")]
    [InlineData("CHUNKING")]
    public async Task Never_ends_a_content_that_is_shorter_than_it_was(string capability)
    {
        var octets = Encoding.ASCII.GetBytes(Header + string.Concat(Enumerable.Repeat("filler\r\n", 50_000)));
        var ended = false;
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync(capability);
            try
            {
                ended = (await s.ServeAsync()).Count > 0;
            }
            catch (EndOfStreamException)
            {
            }
        });
        await using var connection = await ConnectAsync(hop);
        var message = Message(octets) with { Content = new StreamedContent(octets, octets.Length + 1) };
        var result = await connection.SendAsync(message, default);
        await hop.FinishedAsync();
        Assert.Equal(TransactionEnd.Lost, result.End);
        Assert.False(ended);
    }

    [Fact]
    [Trait("Feature", "A-14")]
    public async Task Tunnels_the_priority_in_exactly_one_field()
    {
        MtPriority.TryCreate(-3, out var priority);
        var envelope = Envelope();
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { Priority = priority }] };
        var body = "\r\nMT-Priority: 9\r\n" + string.Concat(Enumerable.Repeat(".filler\r\n", 35_000));
        foreach (var capabilities in Dialects)
        {
            foreach (var streamed in new[] { false, true })
            {
                foreach (var rest in new[] { body, "\r\nshort\r\n" })
                {
                    var content = "MT-Priority: 1\r\nFrom: a\r\nmt-priority: 2\r\n (x)\r\nTo: b\r\n" + rest;
                    var (_, contents, _) = await SendAsync(Message(content, envelope, "Received: y\r\n", streamed), capabilities);
                    Assert.Equal("Received: y\r\nMT-Priority: -3\r\nFrom: a\r\nTo: b\r\n" + rest, Encoding.ASCII.GetString(contents[0]));
                    (_, contents, _) = await SendAsync(Message(content, envelope, "", streamed), capabilities, tunnel: false);
                    Assert.Equal(content, Encoding.ASCII.GetString(contents[0]));
                }
            }
        }
    }

    [Fact]
    public async Task Drops_the_connection_before_the_end_when_it_may_not_end()
    {
        foreach (var capabilities in Dialects)
        {
            foreach (var streamed in new[] { false, true })
            {
                var ended = false;
                var hop = new ScriptedHop(async s =>
                {
                    await s.GreetAsync(capabilities);
                    try
                    {
                        ended = (await s.ServeAsync()).Count > 0;
                    }
                    catch (EndOfStreamException)
                    {
                    }
                });
                await using var connection = await ConnectAsync(hop);
                var content = Header + string.Concat(Enumerable.Repeat("filler\r\n", streamed ? 50_000 : 5));
                var message = Message(content, streamed: streamed) with { BeforeFinalDot = _ => ValueTask.FromResult(false) };
                var result = await connection.SendAsync(message, default);
                await hop.FinishedAsync();
                Assert.Equal((TransactionEnd.Lost, false, false), (result.End, result.Reusable, ended));
                Assert.Empty(result.Replies);
                Assert.Equal(TransactionEnd.Lost, (await connection.SendAsync(Message(Header), default)).End);
            }
        }
    }

    [Fact]
    public async Task Gives_way_between_chunks_and_keeps_the_connection()
    {
        List<byte[]> contents = [];
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync("PIPELINING", "CHUNKING");
            contents = await s.ServeAsync();
        });
        await using var connection = await ConnectAsync(hop);
        var large = Header + string.Concat(Enumerable.Repeat("filler\r\n", 100_000));
        var asked = 0;
        var result = await connection.SendAsync(Message(large, streamed: true) with { GiveWay = () => ++asked == 2 }, default);
        Assert.Equal((TransactionEnd.GaveWay, true), (result.End, result.Reusable));
        Assert.Equal(250, (await connection.SendAsync(Message(Header), default)).Replies[0].Code);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
        Assert.Equal(Header, Encoding.ASCII.GetString(Assert.Single(contents)));
        Assert.Equal(2, hop.Commands.Count(c => c == "BDAT 262144"));
    }

    [Property(MaxTest = 60)]
    [Trait("Threat", "S10")]
    public void No_value_makes_a_command_of_its_own(string envelopeId, string address, string type)
    {
        var envelope = Envelope() with { EnvelopeId = envelopeId };
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { OriginalRecipient = new OriginalRecipient(type ?? "rfc822", address ?? "") }] };
        var output = new OutputBuffer();
        var hop = HopCapabilities.None.With("DSN"u8);
        EnvelopeCommands.AppendMail(output, envelope, hop, false, false, MtPriority.From(Precedence.Routine), 1, DateTimeOffset.UnixEpoch);
        foreach (var kind in new[] { type ?? "", "rfc822", "utf-8" })
        {
            var original = new OriginalRecipient(kind, address ?? "");
            EnvelopeCommands.AppendRecipient(output, envelope.Recipients[0] with { OriginalRecipient = original }, hop, true);
        }

        var lines = Encoding.Latin1.GetString(output.WrittenSpan).Split("\r\n");
        Assert.Equal(5, lines.Length);
        Assert.StartsWith("MAIL ", lines[0]);
        Assert.All(lines[1..4], l => Assert.StartsWith("RCPT ", l));
        Assert.All(lines, l => Assert.True(l.All(c => c is >= ' ' and <= '~')));
        Assert.All(lines, l => Assert.True(l.Count(c => c == ' ') <= 4));
    }

    [Fact]
    [Trait("Threat", "S10")]
    public void An_argument_with_a_line_end_is_never_written()
    {
        foreach (var text in new[] { "a\r\nRSET", "a\0", "a\u001b", "a\u007f" })
            Assert.Throws<InvalidOperationException>(() => new OutputBuffer().AppendArgument(text));
    }

    [Property(MaxTest = 40)]
    public void What_the_hop_reads_is_what_was_stored(byte[] choices, int dialect, bool streamed)
    {
        var content = WirePartsTests.Content(choices);
        var capabilities = Dialects[Math.Abs(dialect % Dialects.Length)];
        var (result, contents, _) = SendAsync(Message(content, streamed: streamed), capabilities).GetAwaiter().GetResult();
        Assert.Equal(250, result.Replies[0].Code);
        var expected = Encoding.ASCII.GetString(content);
        if (!capabilities.Contains("CHUNKING") && expected.Length > 0 && !expected.EndsWith("\r\n")) expected += "\r\n";
        Assert.Equal(expected, Encoding.ASCII.GetString(contents[0]));
    }
}
