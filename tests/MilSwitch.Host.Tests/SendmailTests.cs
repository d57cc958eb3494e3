using System.Text;
using MilSwitch.Host.Commands;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>Programs that call <c>sendmail</c>, and what reaches a server that shares no code with the product.</summary>
public sealed class SendmailTests : IAsyncDisposable
{
    private readonly ConfigurationFiles files = new();
    private readonly SinkServer sink = SinkServer.Start(new SinkOptions());
    private readonly StringWriter error = new();

    public async ValueTask DisposeAsync()
    {
        await sink.DisposeAsync();
        files.Dispose();
        error.Dispose();
    }

    [Fact]
    public async Task Takes_recipients_from_the_header_and_keeps_Bcc_to_itself()
    {
        Assert.Equal(0, await RunAsync("From: a@a.example\nTo: b@b.example, \"C, D\" <c@c.example>\nCc: group: d@d.example;\nBcc: e@e.example\nSubject: one\n\ntext\n", "-t", "-i"));
        var arrived = Assert.Single(sink.Transactions);
        Assert.Equal(["b@b.example", "c@c.example", "d@d.example", "e@e.example"], Whom(arrived));
        Assert.Null(arrived.Field("Bcc"));
        Assert.Equal("one", arrived.Field("Subject"));
        Assert.NotNull(arrived.Field("Date"));
        Assert.Matches("^<[^@<>]+@here.example>$", arrived.Field("Message-ID"));
        Assert.EndsWith("\r\n\r\ntext\r\n", Encoding.ASCII.GetString(arrived.Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_what_the_letters_say()
    {
        Assert.Equal(0, await RunAsync("To: b@b.example\n\ntext\n", "-o", "i", "-em", "-e", "q", "-b", "m", "-fwatch@a.example", "-Nfailure,delay", "-R", "hdrs", "-V", "QQ+1=4", "--precedence", "flash", "--", "b@b.example"));
        var arrived = Assert.Single(sink.Transactions);
        Assert.Contains("FROM:<watch@a.example>", arrived.Mail, StringComparison.Ordinal);
        Assert.Contains("RET=HDRS", arrived.Mail, StringComparison.Ordinal);
        Assert.Contains("ENVID=QQ+2B1+3D4", arrived.Mail, StringComparison.Ordinal);
        Assert.Matches("NOTIFY=(FAILURE,DELAY|DELAY,FAILURE)", Assert.Single(arrived.Recipients));
        Assert.Equal("4 (flash)", arrived.Field("MMHS-Primary-Precedence"));
        Assert.Equal("watch@a.example", arrived.Field("From"));
    }

    [Fact]
    public async Task Completes_what_a_program_leaves_out()
    {
        Assert.Equal(0, await RunAsync("no header at all\n.\nnot sent\n", "-F", "Watch Keeper", "root"));
        var arrived = Assert.Single(sink.Transactions);
        Assert.Equal(["root@here.example"], Whom(arrived));
        Assert.Equal($"Watch Keeper <{Environment.UserName}@here.example>", arrived.Field("From"));
        Assert.EndsWith("\r\n\r\nno header at all\r\n", Encoding.ASCII.GetString(arrived.Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_every_octet_of_the_text_as_it_is()
    {
        var text = new byte[1 << 16];
        new Random(7).NextBytes(text);
        for (var i = 0; i < text.Length; i++) if (text[i] is 0 or (byte)'\r') text[i] = (byte)'x';
        byte[] header = [.. "From: a@a.example\nTo: b@b.example\nDate: Sun, 29 Nov 2026 00:00:00 +0000\nMessage-ID: <1@a.example>\nX-Odd:folded\n\t value \nContent-Type: application/octet-stream\nContent-Transfer-Encoding: 8bit\n\n"u8];
        Assert.Equal(0, await RunAsync([.. header, .. text, (byte)'\n'], "-ti"));
        var expected = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString([.. header, .. text, (byte)'\n']).Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(expected, Assert.Single(sink.Transactions).Content.ToArray());
    }

    [Fact]
    public async Task Sends_with_the_null_reverse_path()
    {
        Assert.Equal(0, await RunAsync("Subject: report\n\ntext\n", "-f", "<>", "b@b.example"));
        Assert.Contains("FROM:<>", Assert.Single(sink.Transactions).Mail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, "text", "no recipients; name them", "-i")]
    [InlineData(64, "text", "-q is no option", "-q", "b@b.example")]
    [InlineData(64, "text", "milswitch queue list", "-bp")]
    [InlineData(64, "text", "-f needs a value", "-f")]
    [InlineData(64, "text", "-d is no option", "-d", "b@b.example")]
    [InlineData(64, "text", "a control character", "-F", "A\nBcc: c@c.example", "b@b.example")]
    [InlineData(64, "text", "a control character", "--", "b@b.example\r\nX: y")]
    [InlineData(64, "text", "-N wants", "-N", "never,success", "b@b.example")]
    [InlineData(64, "text", "--precedence wants", "--precedence", "soon", "b@b.example")]
    [InlineData(64, "text", "--speed is no option", "--speed", "b@b.example")]
    [InlineData(65, "Subject: a\n\ntext", "neither on the command line", "-t")]
    [InlineData(65, "text", "no list of addresses", "b@@b.example")]
    [InlineData(65, "one\ntwo\rthree\n", "line 2 has a carriage return", "b@b.example")]
    [InlineData(65, "one\0", "line 1 has an octet of zero", "b@b.example")]
    [InlineData(78, "text", "nowhere.yaml:0: -:", "-C", "nowhere.yaml", "b@b.example")]
    public async Task Refuses_with_a_reason(int code, string input, string reason, params string[] arguments)
    {
        Assert.Equal(code, await RunAsync(input, arguments));
        Assert.Contains(reason, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(sink.Transactions);
    }

    [Theory]
    [InlineData("451 4.3.0 later", 75)]
    [InlineData("550 5.1.1 nobody", 67)]
    [InlineData("530 5.7.0 who are you", 77)]
    public async Task Tells_what_the_server_said(string reply, int code)
    {
        sink.Script = step => step.Phase is SinkPhase.Recipient ? SinkAction.Say(reply) : null;
        Assert.Equal(code, await RunAsync("Subject: a\n\ntext\n", "b@b.example"));
        Assert.Contains(reply[4..], error.ToString(), StringComparison.Ordinal);
        Assert.Empty(sink.Transactions);
    }

    [Fact]
    public async Task Is_done_with_the_answer_to_the_message()
    {
        // Else the caller would hand it in once more.
        sink.Script = step => step.Phase is SinkPhase.FinalDot ? new SinkAction { Reply = "250 2.0.0 taken", End = SinkEnd.Close } : null;
        Assert.Equal(0, await RunAsync("Subject: a\n\ntext\n", "b@b.example"));
        Assert.Single(sink.Transactions);
    }

    [Fact]
    public async Task Says_later_where_nobody_listens()
    {
        sink.StopListening();
        Assert.Equal(75, await RunAsync("Subject: a\n\ntext\n", "b@b.example"));
        Assert.Contains("nobody takes mail at 127.0.0.1:", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_file_line_and_key_of_bad_settings()
    {
        var settings = files.Write("bad.yaml", "server: nowhere\ntls: maybe\naccount: watch\nspeed: high\n");
        Assert.Equal(78, await RunAsync("text", "-C", settings, "b@b.example"));
        foreach (var problem in (string[])[":1: server: 'nowhere' is not HOST:PORT", ":2: tls:", ":3: account:", ":4: speed:"])
            Assert.Contains(problem, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trusts_the_configured_authority_alone()
    {
        using var pki = new TestPki();
        using var certificate = pki.Issue("127.0.0.1");
        using var other = new TestPki();
        await using var secured = SinkServer.Start(new SinkOptions { Certificate = certificate });
        foreach (var (authority, code) in ((TestPki, int)[])[(pki, 0), (other, 75)])
        {
            TestPki.Write(authority.Authority, Path.Combine(files.Folder, "ca.pem"));
            var settings = files.Write("tls.yaml", $"server: 127.0.0.1:{secured.Port}\ntls: starttls\nca: ca.pem\n");
            Assert.Equal(code, await RunAsync("Subject: a\n\ntext\n", "-C", settings, "b@b.example"));
        }

        Assert.True(Assert.Single(secured.Transactions).Encrypted);
    }

    private static IEnumerable<string> Whom(SinkTransaction arrived) => arrived.Recipients.Select(r => r[(r.IndexOf('<', StringComparison.Ordinal) + 1)..r.IndexOf('>', StringComparison.Ordinal)]);

    private Task<int> RunAsync(string input, params string[] arguments) => RunAsync(Encoding.UTF8.GetBytes(input), arguments);

    private Task<int> RunAsync(byte[] input, params string[] arguments)
    {
        var settings = files.Write("sendmail.yaml", $"server: 127.0.0.1:{sink.Port}\ndomain: here.example\n");
        string[] line = arguments.Contains("-C") ? ["sendmail", .. arguments] : ["sendmail", "-C", settings, .. arguments];
        return CommandLine.RunAsync(line, new CommandEnvironment
        {
            Input = TextReader.Null, Output = TextWriter.Null, Error = error, OpenOutput = () => Stream.Null, OpenInput = () => new MemoryStream(input), IsInputTerminal = false, Variable = _ => null,
        });
    }
}
