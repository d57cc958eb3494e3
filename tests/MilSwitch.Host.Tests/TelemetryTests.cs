using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Host.Commands;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>What people see of a running node, and what they never see.</summary>
public sealed class TelemetryTests
{
    private static readonly OperatorIdentity Administrator = new("admin", "test") { Roles = OperatorRoles.Administrator };

    [Fact]
    public async Task A_dialogue_is_recorded_without_its_secrets_and_without_content()
    {
        await using var node = await LiveNode.StartAsync("""
            accounts:
              - { name: alpha, password: { file: alpha.password } }

            """, prepare: files => files.Write("alpha.password", "CANARY-password-0123\n", secret: true), listener: ", auth: [SCRAM-SHA-256]");
        var inbound = await StartedAsync(node, "127.0.0.0/8");
        var outbound = await StartedAsync(node, "link:" + node.Link);
        var others = await StartedAsync(node, "listener:other");

        await using (var client = await SmtpDialogue.ConnectAsync(new IPEndPoint(IPAddress.Loopback, node.Port)))
        {
            // A mechanism with its first answer; an exchange; a password that follows a refusal; content that follows one.
            await client.SayAsync("AUTH PLAIN " + Base64("\0alpha\0CANARY-plain"));
            Assert.Equal(334, (await client.SayAsync("AUTH SCRAM-SHA-256")).Code);
            await client.SayAsync(Base64("n,,n=alpha,r=CANARY-nonce"));
            await client.SayAsync("*");
            await client.SayAsync(Base64("CANARY-late"));
            await client.SayAsync("NOOP CANARY-noop");
            await client.SayAsync("DATA");
            await client.SayAsync("MAIL FROM:<you> will find CANARY-prose");
            await client.SayAsync("EHLO was all CANARY-said");
            await client.SayAsync("CANARY-content");
        }

        await node.PassAsync(subject: "CANARY-subject", text: "CANARY-body");
        var seen = await ShownAsync(node, inbound, "C: QUIT");
        Assert.DoesNotContain("CANARY", seen, StringComparison.Ordinal);
        Assert.DoesNotContain(Base64("CANARY-late"), seen, StringComparison.Ordinal);
        foreach (var line in new[] { "-- connected", "S: 220 n1.test ESMTP", "C: EHLO client.test", "C: AUTH PLAIN <", "C: AUTH SCRAM-SHA-256\n", "S: 334 <", "C: (AUTH) <", "C: NOOP <", "C: MAIL FROM:<ops@alpha.test>", "C: RCPT TO:<duty@bravo.test>", "S: 354 ", "C: (message) <", "S: 250 2.0.0 Accepted as ", "-- closed" })
            Assert.Contains(line, seen, StringComparison.Ordinal);

        seen = await ShownAsync(node, outbound, "C: (message)");
        Assert.DoesNotContain("CANARY", seen, StringComparison.Ordinal);
        foreach (var line in new[] { "-- connected to 127.0.0.1:", "S: 220 ", "C: EHLO n1.test", "C: MAIL FROM:<ops@alpha.test>", "C: RCPT TO:<duty@bravo.test>", "S: 250 " }) Assert.Contains(line, seen, StringComparison.Ordinal);
        Assert.Equal("", (await node.RunAsync("trace", "show", others)).Output);

        Assert.Equal(0, (await node.RunAsync("trace", "stop", inbound)).ExitCode);
        Assert.Contains("over", (await node.RunAsync("trace", "list")).Output, StringComparison.Ordinal);
        seen = (await node.RunAsync("trace", "show", inbound)).Output;
        await node.SendAsync();
        Assert.Equal(seen, (await node.RunAsync("trace", "show", inbound)).Output);

        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public async Task Content_that_goes_out_by_DATA_is_not_recorded_either()
    {
        await using var node = await LiveNode.StartAsync(sink: new SinkOptions { Extensions = SinkOptions.Nothing });
        var id = await StartedAsync(node, "link:" + node.Link);
        await node.PassAsync(subject: "CANARY-subject", text: "CANARY-body\r\nMAIL FROM:<CANARY@x.test>");
        var seen = await ShownAsync(node, id, "C: (message)");
        Assert.DoesNotContain("CANARY", seen, StringComparison.Ordinal);
        Assert.Contains("C: DATA\n", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_level_is_raised_for_a_time_and_returns_by_itself()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var node = await TestNode.StartAsync(time);
        var logger = node.Services.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Smtp.Server");
        Assert.False(logger.IsEnabled(LogLevel.Trace));
        var run = await node.RunAsync("log", "level", "--for", "10m", "MilSwitch.Smtp=trace", "--reason", "slow");
        Assert.True(run.ExitCode is 0, run.Error);
        Assert.True(logger.IsEnabled(LogLevel.Trace));
        Assert.False(node.Services.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Host.Api").IsEnabled(LogLevel.Trace));
        Assert.Contains("log level raised until 2030-01-01T00:10:00Z", (await node.RunAsync("status")).Output, StringComparison.Ordinal);
        Assert.Contains("2030-01-01T00:10:00Z", (await node.RunAsync("log", "show")).Output, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(logger.IsEnabled(LogLevel.Trace));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(logger.IsEnabled(LogLevel.Trace));
        Assert.DoesNotContain("log level raised", (await node.RunAsync("status")).Output, StringComparison.Ordinal);
        Assert.Equal([AuditKind.LogLevelChanged, AuditKind.LogLevelChanged], node.Control.Recorded.Select(r => r.Kind));
        Assert.Null(node.Control.Recorded[1].Who);

        Assert.Equal(0, (await node.RunAsync("log", "level", "error", "--reason", "quiet")).ExitCode);
        Assert.False(logger.IsEnabled(LogLevel.Warning));
        Assert.Equal(0, (await node.RunAsync("log", "level", "configured", "--reason", "enough")).ExitCode);
        Assert.True(logger.IsEnabled(LogLevel.Warning));
        Assert.Equal(2, (await node.RunAsync("log", "level", "loud", "--reason", "x")).ExitCode);
        Assert.Equal(2, (await node.RunAsync("log", "level", "debug", "--for", "25h", "--reason", "x")).ExitCode);
    }

    [Fact]
    public async Task A_level_that_somebody_else_changed_is_not_overwritten()
    {
        await using var node = await TestNode.StartAsync();
        Assert.Equal(6, (await node.RunAsync("log", "level", "error", "--reason", "x", "--if-match", "of-another-time")).ExitCode);
        Assert.Empty(node.Control.Recorded);
    }

    [Fact]
    [Trait("Threat", "F31")]
    public async Task Who_may_not_configure_looks_into_nothing()
    {
        await using var node = await TestNode.StartAsync();
        foreach (var (method, path, body) in new[]
                 {
                     (HttpMethod.Get, "/api/v1/support", null), (HttpMethod.Get, "/api/v1/traces/1", null),
                     (HttpMethod.Post, "/api/v1/traces", "{\"peer\":\"127.0.0.1\",\"for\":\"1m\",\"reason\":\"x\"}"), (HttpMethod.Put, "/api/v1/logging", "{\"level\":\"debug\",\"reason\":\"x\"}"),
                 })
            Assert.Equal(HttpStatusCode.Forbidden, (await node.SendAsync(method, path, TestNode.ViewerToken, body)).StatusCode);
        var desk = node.Services.GetRequiredService<ITelemetryDesk>();
        var supervisor = new OperatorIdentity("chief", "test") { Roles = OperatorRoles.Supervisor };
        await Assert.ThrowsAsync<NotPermittedException>(() => desk.SetLogLevelAsync(null, LogSeverity.Debug, TimeSpan.FromMinutes(1), "x", supervisor, default).AsTask());
        await Assert.ThrowsAsync<NotPermittedException>(() => desk.StopTraceAsync("1", supervisor, default).AsTask());
        Assert.Empty(node.Control.Recorded);
    }

    [Fact]
    public async Task Records_are_bounded_in_number_size_and_time()
    {
        var time = new FakeTimeProvider();
        using var board = new DialogueBoard(time);
        Assert.True(DialogueChoice.TryRead("link:bravo", out var choice));
        var peer = new DialoguePeer(1, null, null, "bravo");
        board.Say(peer, DialogueDirection.Client, "before");
        var trace = board.Start(choice, TimeSpan.FromMinutes(10), "ops", "x")!;
        for (var i = 0; i < DialogueBoard.MostLines + 5; i++) board.Say(peer, DialogueDirection.Client, new string('x', 5000));
        board.Say(peer with { Link = "alpha" }, DialogueDirection.Client, "not of this link");
        var seen = board.Find(trace.Id)!;
        Assert.Equal((DialogueBoard.MostLines, 5L), (seen.Lines.Length, seen.Dropped));
        Assert.All(seen.Lines, l => Assert.Equal(DialogueBoard.LongestLine + 1, l.Text.Length));
        for (var i = 1; i < DialogueBoard.MostOn; i++) Assert.NotNull(board.Start(choice, DialogueBoard.Longest, "ops", "x"));
        Assert.Null(board.Start(choice, DialogueBoard.Longest, "ops", "x"));
        Assert.Throws<ArgumentOutOfRangeException>(() => board.Start(choice, DialogueBoard.Longest + TimeSpan.FromSeconds(1), "ops", "x"));

        var ended = new List<string>();
        board.Ended += t => ended.Add(t.Id);
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal([trace.Id], ended);
        Assert.False(board.Find(trace.Id)!.IsOn);
        time.Advance(DialogueBoard.Longest);
        Assert.False(board.IsOn);
        Assert.Null(board.Find(trace.Id));
        time.Advance(DialogueBoard.Kept);
        Assert.Empty(board.All);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.0/24", "192.0.2.9", true)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", true)]
    [InlineData("192.0.2.0/24", "198.51.100.1", false)]
    [InlineData("2001:db8::/32", "2001:db8::1", true)]
    [InlineData("listener:mta", "198.51.100.1", true)]
    [InlineData("listener:msa", "198.51.100.1", false)]
    public void A_peer_is_chosen_by_address_network_or_listener(string choice, string address, bool taken)
    {
        Assert.True(DialogueChoice.TryRead(choice, out var read));
        Assert.Equal(taken, read.Takes(new DialoguePeer(1, "mta", IPAddress.Parse(address), null)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("link:")]
    [InlineData("bravo")]
    [InlineData("192.0.2.0/33")]
    [InlineData("link:a b")]
    public void What_names_no_peer_is_refused(string choice) => Assert.False(DialogueChoice.TryRead(choice, out _));

    [Fact]
    public async Task A_support_bundle_holds_no_content_no_secret_and_no_address()
    {
        await using var node = await LiveNode.StartAsync("""
            # CANARY-comment
            accounts:
              - { name: alpha, addresses: ["CANARY-account@alpha.test"], password: { file: alpha.password } }
              - { name: bravo, scram: "SCRAM-SHA-256$4096:Q0FOQVJZLXNhbHQ=$Q0FOQVJZLXN0b3JlZC1rZXktQ0FOQVJZLTAxMjM0NTY=:Q0FOQVJZLXNlcnZlci1rZXktQ0FOQVJZLTAxMjM0NTY=" }
            postmaster: CANARY-postmaster@alpha.test
            logging: { level: debug }

            """, prepare: files => files.Write("alpha.password", "CANARY-password-0123\n", secret: true), listener: ", auth: [SCRAM-SHA-256]");
        await node.PassAsync("CANARY-from@alpha.test", "CANARY-to@bravo.test", "CANARY-subject", "CANARY-body");
        node.Sink.Script = s => s.Phase is SinkPhase.Recipient ? SinkAction.Say("550 5.1.1 no CANARY-to@bravo.test here") : null;
        await node.SendAsync("CANARY-from@alpha.test", "CANARY-to@bravo.test", "CANARY-subject", "CANARY-body");
        Assert.Equal(0, (await node.RunAsync("rule", "add", "suspend", "--scope", "recipient:CANARY-rule@bravo.test", "--reason", "quiet")).ExitCode);
        node.Services.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Test").LogWarning("from <CANARY-log@alpha.test>");

        var file = Path.Combine(node.Folder, "support.tar.gz");
        var run = await node.RunAsync("support", "bundle", "-o", file);
        Assert.True(run.ExitCode is 0, run.Error);
        var files = Unpack(file);
        Assert.Superset(
            new HashSet<string>(["version.json", "environment.txt", "configuration.yaml", "status.json", "links.json", "alarms.json", "cluster.json", "rules.json", "waiting.json", "metrics.txt", "log.txt", "logging.json", "traces.json"]),
            files.Keys.ToHashSet(StringComparer.Ordinal));
        foreach (var (name, text) in files) Assert.False(text.Contains("CANARY", StringComparison.Ordinal) || text.Contains("Q0FOQVJZ", StringComparison.Ordinal), $"{name}: {text}");
        Assert.Contains("recipient:<address>", JsonDocument.Parse(files["rules.json"]).RootElement.GetProperty("items")[0].GetProperty("scope").GetString(), StringComparison.Ordinal);
        Assert.Contains("scram: \"<removed>\"", files["configuration.yaml"], StringComparison.Ordinal);
        Assert.Contains("{ file: alpha.password }", files["configuration.yaml"], StringComparison.Ordinal);
        Assert.Contains("milswitch_accepted_total", files["metrics.txt"], StringComparison.Ordinal);
        Assert.Contains("from <<address>>", files["log.txt"], StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        Assert.Equal(0, (await node.RunAsync("support", "bundle", "--addresses", "-o", file)).ExitCode);
        files = Unpack(file);
        Assert.Contains("CANARY-rule@bravo.test", files["rules.json"], StringComparison.Ordinal);
        foreach (var word in new[] { "CANARY-password", "CANARY-subject", "CANARY-body", "CANARY-comment", "Q0FOQVJZ" })
            Assert.All(files, f => Assert.DoesNotContain(word, f.Value, StringComparison.Ordinal));
    }

    private static async Task<string> StartedAsync(LiveNode node, string peer)
    {
        var run = await node.RunAsync("trace", "smtp", "--peer", peer, "--for", "10m", "--reason", "test");
        Assert.True(run.ExitCode is 0, run.Error);
        return run.Output.Trim();
    }

    // What was said stands there a moment after it was said.
    private static async Task<string> ShownAsync(LiveNode node, string id, string until)
    {
        var seen = "";
        await Eventually.ComesTrueAsync(
            async () =>
            {
                var run = await node.RunAsync("trace", "show", id);
                Assert.True(run.ExitCode is 0, run.Error);
                seen = run.Output;
                return seen.Contains(until, StringComparison.Ordinal);
            }, TimeSpan.FromSeconds(20), $"{until} is seen");
        return seen;
    }

    private static Dictionary<string, string> Unpack(string file)
    {
        using var zip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var tar = new TarReader(zip);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream!);
            files[Path.GetFileName(entry.Name)] = text.ReadToEnd();
        }

        return files;
    }
}
