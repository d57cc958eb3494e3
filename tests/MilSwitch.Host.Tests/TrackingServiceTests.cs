using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Tracking;
using MilSwitch.Host.Running;
using MilSwitch.Smtp.Server;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A whole node with its own store: mail comes in with MTRK and is asked for by MTQP, over sockets.</summary>
[Trait("Feature", "A-15")]
public sealed class TrackingServiceTests : IDisposable
{
    private readonly ConfigurationFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task Tells_the_originator_where_the_message_is()
    {
        await using var sink = SinkServer.Start(null);
        var configuration = files.Good($$"""
            node: { name: n1, data: ./data, host-name: switch.example }
            listeners:
              - { name: mta, endpoint: "127.0.0.1:0", role: relay, clients: [127.0.0.0/8], tracking: true }
            routes:
              - { match: "*", next-hop: "127.0.0.1:{{sink.Port}}" }
            tracking: { endpoint: "127.0.0.1:0" }
            admin: { socket: s }
            logging: { level: error }
            """);
        await using var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = configuration.DataFolder }, TimeProvider.System, NullLoggerFactory.Instance, default);
        await using var app = NodeHost.Build(configuration, spool, TimeProvider.System);
        await app.StartAsync();
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Where(a => a.StartsWith("http://127", StringComparison.Ordinal)).Select(a => new Uri(a).Port).ToArray();

        using var mail = new Dialogue(ports[0]);
        var said = await mail.SayAsync("", "EHLO client.example");
        Assert.Contains("250-MTRK", said, StringComparison.Ordinal);
        await mail.SayAsync($"MAIL FROM:<a@home.example> ENVID=7@home.example MTRK={TrackingCertifier.Of("the secret"u8)}:600", "RCPT TO:<b@away.example> ORCPT=rfc822;boss@home.example", "DATA");
        Assert.StartsWith("250 ", await mail.SayAsync("Subject: x\r\n\r\nx\r\n."), StringComparison.Ordinal);
        await sink.WaitForAsync(1, TimeSpan.FromSeconds(15));

        var answer = "";
        await Eventually.ComesTrueAsync(async () =>
        {
            using var ask = new Dialogue(ports[1]);
            await ask.SayAsync("", $"TRACK <7@home.example> {Convert.ToBase64String("the secret"u8)}");
            answer = ask.Heard;
            return answer.Contains("Action: relayed\r\n", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(15), "relayed");
        Assert.Contains("\r\nOriginal-Envelope-Id: 7@home.example\r\nReporting-MTA: dns; switch.example\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nOriginal-Recipient: rfc822; boss@home.example\r\nFinal-Recipient: rfc822; b@away.example\r\nAction: relayed\r\nStatus: 2.1.9\r\nRemote-MTA: dns; 127.0.0.1\r\n", answer, StringComparison.Ordinal);

        using var stranger = new Dialogue(ports[1]);
        Assert.Equal("-ERR/noinfo Nothing is known\r\n", await stranger.SayAsync("", $"TRACK <7@home.example> {Convert.ToBase64String("a secret"u8)}"));

        // The command, against the same node.
        var secret = files.Write("secret", Convert.ToBase64String("the secret"u8) + "\n", secret: true);
        var run = await CommandRun.OfAsync(["mtqp", "track", "7@home.example", "--server", $"127.0.0.1:{ports[1]}", "--secret-file", secret, "--follow"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Matches($"^127.0.0.1:{ports[1]}: found\n  switch.example has it since .*Z\n    b@away.example  relayed  2.1.9  at 127.0.0.1  .*Z\n$", run.Output);
        run = await CommandRun.OfAsync(["mtqp", "track", "8@home.example", "--server", $"127.0.0.1:{ports[1]}", "--secret-file", secret, "--json"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("\"outcome\": \"no-information\"", run.Output, StringComparison.Ordinal);
        await app.StopAsync();
        Assert.Equal(7, (await CommandRun.OfAsync(["mtqp", "track", "7@home.example", "--server", $"127.0.0.1:{ports[1]}", "--secret-file", secret])).ExitCode);
    }

    [Theory]
    [InlineData(2, "7", "--server", "mx.example", "--secret-file", "secret")]
    [InlineData(2, "7@x", "--server", "mx.example:port", "--secret-file", "secret")]
    [InlineData(2, "7@x", "--server", "mx.example", "--secret-file", "secret", "--port", "0")]
    [InlineData(2, "7@x", "--server", "mx.example", "--secret-file", "none")]
    [InlineData(3, "7@x", "--server", "mx.example", "--secret-file", "absent")]
    [InlineData(3, "7@x", "--server", "mx.example", "--secret-file", "secret", "--ca", "absent")]
    public async Task The_command_refuses_what_it_can_t_ask(int exitCode, params string[] arguments)
    {
        files.Write("secret", "QUJD\n", secret: true);
        files.Write("none", "not base64!\n", secret: true);
        for (var i = 1; i < arguments.Length; i++)
        {
            if (arguments[i - 1] is "--secret-file" or "--ca") arguments[i] = Path.Combine(files.Folder, arguments[i]);
        }

        Assert.Equal(exitCode, (await CommandRun.OfAsync(["mtqp", "track", .. arguments])).ExitCode);
    }

    [Fact]
    public void Reads_the_service_and_the_listeners_that_offer_it()
    {
        files.WriteCertificate().Dispose();
        var configuration = files.Good(ConfigurationFiles.Minimum.Replace("role: relay", "role: relay, tracking: true", StringComparison.Ordinal)
            + "\ntracking: { endpoint: \"*:1038\", retention: 3d, tls: { certificate: tls.pem, key: tls.key }, sessions: 5, sessions-per-client: 2, questions-per-minute: 9 }\n");
        Assert.Equal(TimeSpan.FromDays(3), configuration.Listeners[0].TrackingRetention);
        Assert.Equal((1038, ListenerTlsMode.StartTls, 5, 2, 9, "n1"),
            (configuration.Tracking!.Endpoint.Port, configuration.Tracking.TlsMode, configuration.Tracking.Sessions, configuration.Tracking.SessionsPerClient, configuration.Tracking.QuestionsPerMinute, configuration.Tracking.HostName));
        Assert.NotNull(configuration.Tracking.Certificate);
        var plain = files.Good(ConfigurationFiles.Minimum);
        Assert.Null(plain.Tracking);
        Assert.Null(plain.Listeners[0].TrackingRetention);
    }

    [Theory]
    [InlineData("tracking: { sessions: 5 }", "tracking.sessions: does nothing without tracking.endpoint")]
    [InlineData("tracking: { endpoint: \"*:1038\", retention: 1h }", "tracking.retention: '1h' is outside 1d to 3650d")]
    [InlineData("tracking: { endpoint: \"*:1038\" }\nretention: { messages: 2d }", "tracking: messages can be tracked for 9d (tracking.retention), and are forgotten after 2d (retention.messages)")]
    [InlineData("tracking: { endpoint: \"127.0.0.1:2525\" }", "tracking: has the same endpoint 127.0.0.1:2525 as something else")]
    [InlineData("tracking: { endpoint: \"*:1038\", tls: { mode: required } }", "tracking.tls.certificate: is missing; TLS needs one")]
    [InlineData("tracking: { endpoint: \"*:1038\", tls: { mode: implicit } }", "tracking.tls.mode: 'implicit' is not one of none, starttls, required")]
    public void Refuses_what_can_t_work(string text, string problem) => Assert.Contains(files.Problems(ConfigurationFiles.Minimum + "\n" + text + "\n"), p => p.EndsWith(problem, StringComparison.Ordinal));

    /// <summary>Lines to a server and its answers.</summary>
    private sealed class Dialogue(int port) : IDisposable
    {
        private readonly TcpClient client = new("127.0.0.1", port) { ReceiveTimeout = 15_000 };

        public string Heard { get; private set; } = "";

        /// <summary>Sends each line after the answer to what came before; an empty one only waits.</summary>
        public async Task<string> SayAsync(params string[] lines)
        {
            var stream = client.GetStream();
            var buffer = new byte[64 << 10];
            foreach (var line in lines)
            {
                if (line.Length > 0) await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"));
                Heard = "";
                while (!IsWhole(Heard))
                {
                    var count = await stream.ReadAsync(buffer);
                    if (count is 0) return Heard;
                    Heard += Encoding.ASCII.GetString(buffer, 0, count);
                }
            }

            return Heard;
        }

        public void Dispose() => client.Dispose();

        private static bool IsWhole(string heard)
        {
            if (!heard.EndsWith("\r\n", StringComparison.Ordinal)) return false;
            if (heard.StartsWith("+OK+", StringComparison.Ordinal)) return heard.EndsWith("\r\n.\r\n", StringComparison.Ordinal);
            var last = heard.TrimEnd().Split("\r\n")[^1];
            return heard[0] is '+' or '-' || (last.Length > 3 && last[3] == ' ');
        }
    }
}
