using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MilSwitch.Domain.Precedences;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>One client takes all it can get; the others must not notice.</summary>
public sealed class FloodTests(ITestOutputHelper output) : FieldTest
{
    private static readonly IPAddress Flooder = IPAddress.Parse("127.0.0.9");

    [Fact]
    [Trait("Threat", "F33")]
    public async Task Honest_mail_flows_through_a_flood_of_TLS_handshakes()
    {
        const int handshakes = 2000, halfOpen = 600;
        using var pki = new TestPki();
        TestPki.Write(pki.Issue("switch.test"), Workspace["tls.pem"], Workspace["tls.key"]);
        var sink = StartSink(new SinkOptions { KeepContents = false });
        var milswitch = await StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Routes = [new RouteSetup("*", sink.NextHop)], Extra = QuickRetries,
            Listener = [$"tls: {{ mode: starttls, certificate: \"{Workspace["tls.pem"]}\", key: \"{Workspace["tls.key"]}\" }}"],
        });
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        var (left, whole, refused) = (handshakes, 0, 0);
        var open = new System.Collections.Concurrent.ConcurrentBag<Socket>();
        var flood = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(FloodAsync)));

        // Honest mail for as long as the flood lasts, a connection for each message.
        using var stop = new CancellationTokenSource();
        var sending = SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = 4, Size = 2048, ReconnectEachTime = true, KeepTrying = true, Pause = TimeSpan.FromMilliseconds(5) }, ledger, stop.Token);
        await flood;
        await stop.CancelAsync();
        var honest = await sending;
        var sent = honest.Accepted + honest.Refused + honest.Broken;
        output.WriteLine($"{honest.Accepted} of {sent} accepted, {honest.Broken} connections broken; {whole} handshakes, {open.Count} half open, {refused} refused");
        foreach (var socket in open) socket.Dispose();

        Assert.True(whole + open.Count + refused >= handshakes, "the flood is as large as it should be");
        Assert.True(whole > handshakes / 4, $"only {whole} handshakes were made");
        Assert.True(sent >= 100, $"only {sent} honest messages were sent");
        Assert.True(honest.Accepted >= sent * 0.99, $"{honest.Accepted} of {sent} were accepted");
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(60), "everything accepted arrives");

        async Task FloodAsync()
        {
            for (int number; (number = Interlocked.Decrement(ref left)) >= 0;)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(Flooder, 0));
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, milswitch.Port);
                    var stream = new NetworkStream(socket);
                    if (!await SayAsync(stream, "", "220") || !await SayAsync(stream, "EHLO flood.test\r\n", "250 ") || !await SayAsync(stream, "STARTTLS\r\n", "220"))
                    {
                        Interlocked.Increment(ref refused);
                    }
                    else if (number % handshakes < halfOpen)
                    {
                        // The beginning of a ClientHello, and then nothing.
                        await stream.WriteAsync(new byte[] { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3 });
                        open.Add(socket);
                        continue;
                    }
                    else
                    {
                        // A whole handshake each time, never a resumed one.
                        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
                        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                        {
                            TargetHost = "switch.test", AllowTlsResume = false, RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                        });
                        Interlocked.Increment(ref whole);
                    }
                }
                catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
                {
                    Interlocked.Increment(ref refused);
                }

                socket.Dispose();
            }
        }
    }

    [Fact]
    [Trait("Threat", "F34")]
    [Trait("Threat", "C12")]
    public async Task A_flood_of_one_sender_leaves_the_Flash_of_others_alone()
    {
        const int honestMessages = 40, limit = 100;
        var sink = StartSink(new SinkOptions { KeepContents = false, TransactionDelay = TimeSpan.FromMilliseconds(5) });
        var milswitch = await StartSwitchAsync(
            [new RouteSetup("*", sink.NextHop, Connections: 2)], QuickRetries + $"rates: {{ flash-per-originator-and-minute: {limit} }}\n");
        var (honest, flood) = (new Ledger(), new Ledger());
        sink.Arrived += transaction => (transaction.Mail.Contains("<flood@", StringComparison.Ordinal) ? flood : honest).Arrive(transaction);
        using var stop = new CancellationTokenSource();
        var flooding = SmtpBlaster.RunAsync(
            new BlastOptions
            {
                Port = milswitch.Port, From = Flooder, Sessions = 8, KeepTrying = true, Sender = "flood@client.test", Precedence = _ => Precedence.Flash,
                Pause = TimeSpan.FromMilliseconds(1),
            },
            flood, stop.Token);
        await Eventually.ComesTrueAsync(() => flood.AcceptedCount >= limit, Soon, "the flood has reached its limit");

        var result = await SmtpBlaster.RunAsync(
            new BlastOptions { Port = milswitch.Port, Sessions = 1, Messages = honestMessages, Size = 1024, Sender = "honest@client.test", Precedence = _ => Precedence.Flash }, honest);
        await Eventually.ComesTrueAsync(() => honest.Balance().Lost.Count is 0, Soon, "the honest Flash arrives while the flood goes on");
        var still = !flooding.IsCompleted;
        await stop.CancelAsync();
        var refused = await flooding;

        output.WriteLine($"flood: {refused.Accepted} accepted, {refused.Refused} refused; honest: {result.Accepted} accepted");
        Assert.True(still);
        Assert.Equal((honestMessages, 0L), ((int)result.Accepted, result.Refused));
        // A minute's worth, and what came back into the bucket meanwhile.
        Assert.InRange(refused.Accepted, limit, 3 * limit);
        Assert.Equal([250, 450], refused.Replies.Keys.Where(code => code is not 421).Order());
        Assert.True(refused.Replies[450] > limit, $"{refused.Replies[450]} refusals are no flood");
        var metrics = await new HttpClient().GetStringAsync($"http://127.0.0.1:{milswitch.Setup.MetricsPort}/metrics");
        Assert.Matches("milswitch_smtp_server_refusals_total\\{[^}]*reason=\"TooMuchFlash\"[^}]*\\} [1-9]", metrics);
    }

    private static async Task<bool> SayAsync(NetworkStream stream, string line, string expected)
    {
        if (line.Length > 0) await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line));
        var octets = new byte[2048];
        var text = "";
        while (true)
        {
            var count = await stream.ReadAsync(octets);
            if (count is 0) return false;
            text += System.Text.Encoding.ASCII.GetString(octets, 0, count);
            if (text.Split("\r\n").Any(l => l.StartsWith(expected, StringComparison.Ordinal)) && text.EndsWith("\r\n", StringComparison.Ordinal)) return true;
            if (text.StartsWith('4') || text.StartsWith('5')) return false;
        }
    }
}
