using System.Text;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;
using static MilSwitch.Smtp.Tests.Client.Messages;

namespace MilSwitch.Smtp.Tests.Client;

/// <summary>RFC 2033.</summary>
[Trait("Feature", "A-18")]
public sealed class LmtpTests
{
    private static readonly LinkSettings Lmtp = Settings with { Protocol = LinkProtocol.Lmtp };

    [Theory]
    [InlineData("PIPELINING")]
    [InlineData("CHUNKING")]
    [InlineData("PIPELINING", "CHUNKING")]
    [InlineData]
    public async Task Takes_one_reply_for_each_accepted_recipient(params string[] capabilities)
    {
        var (result, commands, contents) = await SendAsync(capabilities, async s => await ServeAsync(s, capabilities, line => line switch
        {
            _ when line.StartsWith("RCPT TO:<jones@", StringComparison.Ordinal) => "550 5.1.1 No such user here",
            _ => null,
        }, "250 2.1.5 delivered", "452 4.2.2 over quota"), "pat@foo.example", "jones@foo.example", "green@foo.example");

        Assert.Equal(TransactionEnd.Answered, result.End);
        Assert.Equal(["250 2.1.5 delivered", "550 5.1.1 No such user here", "452 4.2.2 over quota"], result.Replies.Select(r => r.ToString()));
        Assert.Equal(Header, Assert.Single(contents));
        Assert.True(result.Reusable);
        Assert.Equal("LHLO switch.example", commands[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sends_a_content_in_pieces_with_a_reply_for_everybody_only_at_the_end(bool chunking)
    {
        string[] capabilities = chunking ? ["PIPELINING", "CHUNKING"] : ["PIPELINING"];
        var content = Header + string.Concat(Enumerable.Repeat("a line of text that is one of very many\r\n", 15_000));
        var (result, _, contents) = await SendAsync(
            capabilities, s => ServeAsync(s, capabilities, _ => null, "250 2.1.5 one", "250 2.1.5 two"), content, ["pat@foo.example", "green@foo.example"]);
        Assert.Equal(["250 2.1.5 one", "250 2.1.5 two"], result.Replies.Select(r => r.ToString()));
        Assert.Equal(content, Assert.Single(contents));
    }

    [Theory]
    [InlineData("503 5.5.1 no recipients")]
    [InlineData("354 go")]
    public async Task Sends_nothing_when_nobody_was_taken(string data)
    {
        string[] capabilities = ["PIPELINING"];
        var (result, _, contents) = await SendAsync(capabilities, s => ServeAsync(s, capabilities, line =>
            line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 no" : line == "DATA" ? data : null), "pat@foo.example");
        Assert.Equal("550 5.1.1 no", Assert.Single(result.Replies).ToString());
        Assert.Empty(contents);
        Assert.Equal(data[0] == '5', result.Reusable);
    }

    [Fact]
    [Trait("Threat", "F15")]
    public async Task Replies_before_a_break_count_and_the_rest_is_unknown()
    {
        string[] capabilities = ["PIPELINING"];
        var (result, _, _) = await SendAsync(capabilities, s => ServeAsync(s, capabilities, _ => null, "250 2.1.5 delivered", null), "pat@foo.example", "green@foo.example");
        Assert.Equal(TransactionEnd.Unknown, result.End);
        Assert.Equal(["250 2.1.5 delivered", null], result.Given.Select(r => r?.ToString()));
    }

    [Fact]
    public async Task A_goodbye_among_the_replies_puts_the_rest_off()
    {
        string[] capabilities = ["PIPELINING"];
        var (result, _, _) = await SendAsync(
            capabilities, s => ServeAsync(s, capabilities, _ => null, "250 2.1.5 delivered", "421 4.3.2 going down"), "a@foo.example", "b@foo.example", "c@foo.example");
        Assert.Equal([250, 421, 421], result.Replies.Select(r => r.Code));
        Assert.False(result.Reusable);
    }

    [Fact]
    public async Task Never_falls_back_to_SMTP()
    {
        var hop = new ScriptedHop(async s =>
        {
            await s.SendAsync("220 hop.example ESMTP\r\n");
            await s.ReplyAsync("LHLO ", "500 5.5.1 what?");
            Assert.Null(await s.ReadLineAsync());
        });
        var refused = Assert.IsType<ConnectResult.Refused>(await SmtpClientConnection.ConnectAsync(Target, Lmtp, hop, TimeProvider.System, default));
        Assert.Equal(500, refused.Reply.Code);
        await hop.FinishedAsync();
    }

    private static Task<(TransactionResult Result, List<string> Commands, List<string> Contents)> SendAsync(
        string[] capabilities, Func<ScriptedHop.Session, Task<List<string>>> serve, params string[] recipients) => SendAsync(capabilities, serve, Header, recipients);

    private static async Task<(TransactionResult Result, List<string> Commands, List<string> Contents)> SendAsync(
        string[] capabilities, Func<ScriptedHop.Session, Task<List<string>>> serve, string content, string[] recipients)
    {
        List<string> contents = [];
        var hop = new ScriptedHop(async s => contents = await serve(s));
        await using var connection = await ConnectAsync(hop, Lmtp);
        var result = await connection.SendAsync(Message(content, Envelope(recipients), streamed: content.Length > 100_000), default);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
        return (result, hop.Commands, contents);
    }

    /// <summary>A delivery agent; after each content it says the given replies, and breaks at a null.</summary>
    private static async Task<List<string>> ServeAsync(ScriptedHop.Session s, string[] capabilities, Func<string, string?> instead, params string?[] final)
    {
        var contents = new List<string>();
        var chunks = "";
        await s.SendAsync("220 hop.example LMTP\r\n");
        await s.ExpectAsync("LHLO ");
        await s.SendAsync(string.Concat(capabilities.Prepend("hop.example").Select((c, i) => $"250{(i == capabilities.Length ? ' ' : '-')}{c}\r\n")));
        while (await s.ReadLineAsync() is { } line)
        {
            var reply = instead(line) ?? (line == "DATA" ? "354 go" : line == "QUIT" ? "221 2.0.0 bye" : "250 2.1.0 ok");
            if (line.StartsWith("BDAT ", StringComparison.Ordinal))
            {
                chunks += Encoding.ASCII.GetString(await s.ReadOctetsAsync(int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
                if (!line.EndsWith(" LAST", StringComparison.Ordinal))
                {
                    await s.SendAsync("250 2.0.0 chunk\r\n");
                    continue;
                }

                contents.Add(chunks);
            }
            else
            {
                await s.SendAsync(reply + "\r\n");
                if (line == "QUIT") return contents;
                if (reply != "354 go") continue;
                // Whoever took nobody and says 354 all the same gets no content.
                if (final.Length is 0)
                {
                    Assert.Null(await s.ReadLineAsync());
                    return contents;
                }

                contents.Add(Encoding.ASCII.GetString(await s.ReadDataAsync()));
            }

            foreach (var answer in final)
            {
                if (answer is null) return contents;
                await s.SendAsync(answer + "\r\n");
            }
        }

        return contents;
    }
}
