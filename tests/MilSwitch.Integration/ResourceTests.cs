using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Integration;

/// <summary>A node that is given little of what it needs sheds load; it never dies and loses nothing.</summary>
public sealed class ResourceTests(ITestOutputHelper output) : FieldTest
{
    [RequiresFact("prlimit")]
    [Trait("Threat", "F12")]
    public async Task Turns_clients_away_when_files_run_out_and_recovers()
    {
        const int clients = 400;
        var sink = StartSink();
        sink.StopListening();
        var milswitch = await StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Routes = [new RouteSetup("*", sink.NextHop)], Extra = QuickRetries, Launcher = [Requirement.Find("prlimit")!, "--nofile=1024:1024"],
        });
        await SubmitAsync(milswitch, Message("waits for files"));
        var (codes, connections) = (new List<int>(), new List<SmtpDialogue>());
        for (var i = 0; i < clients; i++)
        {
            var client = await SmtpDialogue.OpenAsync(new IPEndPoint(IPAddress.Loopback, milswitch.Port));
            connections.Add(client);
            codes.Add((await client.ReadAsync(Within(Soon))).Code);
        }

        // Whoever can reach the HTTP endpoints must not take the files either.
        foreach (var port in new[] { milswitch.Setup.AdminPort, milswitch.Setup.MetricsPort })
        {
            for (var i = 0; i < clients; i++)
            {
                if (await TryOpenAsync(port) is { } connection) connections.Add(connection);
            }
        }

        output.WriteLine($"{codes.Count(c => c is 220)} of {clients} are served, {codes.Count(c => c is 421)} turned away");
        Assert.All(codes, code => Assert.True(code is 220 or 421, $"{code}"));
        Assert.InRange(codes.Count(c => c is 220), 10, clients - 100);

        // What is kept back from clients serves the queue and the operator.
        sink.StartListening();
        await sink.WaitForAsync(1, Soon);
        Assert.Equal(0, (await milswitch.CommandAsync("queue", "list")).ExitCode);
        await AssertRestsAsync(milswitch);

        foreach (var client in connections) await client.DisposeAsync();
        await Eventually.ComesTrueAsync(() => TakesMailAsync(milswitch), Soon, "mail is taken again");
        await sink.WaitForAsync(2, Soon);
    }

    [RequiresFact("prlimit")]
    [Trait("Threat", "F12")]
    [Trait("Threat", "F31")]
    public async Task Refuses_to_start_with_fewer_files_than_its_own_parts_need()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Routes = [new RouteSetup("*", "127.0.0.1:9")], Launcher = [Requirement.Find("prlimit")!, "--nofile=256:256"],
        }));
        Assert.Contains("ended with 1", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("256 open files", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "F13")]
    [Trait("Threat", "M1")]
    public async Task Keeps_going_in_little_memory_under_large_messages_and_MIME_bombs()
    {
        const int senders = 20, size = 50_000_000;
        var sink = StartSink(new SinkOptions { KeepContents = false });
        var milswitch = await StartSwitchAsync(new SwitchSetup
        {
            DataFolder = Workspace["data"], Routes = [new RouteSetup("*", sink.NextHop, Connections: 4)],
            Extra = QuickRetries.Replace("routine: { retry: [1s] }", "routine: { retry: [1s], max-size: 64MiB }", StringComparison.Ordinal),
            // 192 MiB for all objects: less than four of the messages.
            Environment = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0xC000000" },
        });
        var process = milswitch.Id;
        var ledger = new Ledger();
        sink.Arrived += ledger.Arrive;
        // One body for all senders; only the heads differ.
        var body = SmtpBlaster.Content(0, "a@client.test", "b@sink.test", size).AsMemory(1024);
        var large = Task.WhenAll(Enumerable.Range(0, senders).Select(_ => Task.Run(() => SendAsync(ledger.NextSerial()))));
        var bombs = Task.WhenAll(Bombs().Select(bomb => Task.Run(() => ThrowAsync(bomb))));

        var answers = await large;
        output.WriteLine($"large: {string.Join(' ', answers)}; bombs: {string.Join(' ', await bombs)}; resident {milswitch.ResidentOctets >> 20} MiB");
        Assert.All(answers, code => Assert.True(code is 250 or 421 or (>= 400 and < 600), $"{code}"));
        Assert.All(await bombs, code => Assert.InRange(code, 400, 599));
        Assert.Contains(250, answers);
        await Eventually.ComesTrueAsync(() => ledger.Balance().Lost.Count is 0, TimeSpan.FromSeconds(120), "everything accepted arrives");
        Assert.Equal((process, true), (milswitch.Id, milswitch.IsRunning));
        await SubmitAsync(milswitch, Message("after the storm"));

        async Task<int> SendAsync(long serial)
        {
            await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
            foreach (var line in new[] { "MAIL FROM:<a@client.test>", "RCPT TO:<b@sink.test>", "DATA" })
            {
                var answer = await client.SayAsync(line);
                if (!answer.IsPositive) return answer.Code;
            }

            await client.SendAsync(SmtpBlaster.Content(serial, "a@client.test", "b@sink.test", 512));
            await client.SendAsync(body);
            await client.SendAsync(".\r\n"u8.ToArray());
            var reply = await client.ReadAsync();
            if (reply.Code is 250) ledger.Accept(serial);
            return reply.Code;
        }

        async Task<int> ThrowAsync(byte[] bomb)
        {
            await using var client = await SmtpDialogue.ConnectAsync(milswitch.Port);
            return (await client.MailAsync("a@client.test", ["b@sink.test"], bomb)).Code;
        }
    }

    private static IEnumerable<byte[]> Bombs()
    {
        const string head = "From: <a@client.test>\r\nMIME-Version: 1.0\r\n";
        var deep = new StringBuilder(head);
        for (var i = 0; i < 50_000; i++) deep.Append($"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
        yield return Octets(deep);
        var nested = new StringBuilder(head);
        for (var i = 0; i < 200_000; i++) nested.Append("Content-Type: message/rfc822\r\n\r\n");
        yield return Octets(nested);
        var many = new StringBuilder(head).Append("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
        for (var i = 0; i < 500_000; i++) many.Append("--b\r\n\r\n\r\n");
        yield return Octets(many);
        var fields = new StringBuilder(head);
        for (var i = 0; i < 500_000; i++) fields.Append($"X-{i}: y\r\n");
        yield return Octets(fields.Append("\r\n"));
        yield return Octets(new StringBuilder(head).Append("Subject: ").Append(' ', 900_000).Append("x\r\n\r\n"));

        static byte[] Octets(StringBuilder text) => Encoding.ASCII.GetBytes(text.ToString());
    }

    // A loop that tries again at once takes a whole processor; waiting takes next to nothing.
    private async Task AssertRestsAsync(SwitchProcess milswitch)
    {
        var (before, whole) = (milswitch.ThreadTimes, milswitch.ProcessorTime);
        var window = TimeSpan.FromSeconds(4);
        await Task.Delay(window, TimeProvider.System);
        Assert.True(milswitch.IsRunning);
        var spent = milswitch.ThreadTimes.Aggregate(TimeSpan.Zero, (sum, t) => sum + t.Value - before.GetValueOrDefault(t.Key));
        output.WriteLine($"{spent.TotalMilliseconds:0} ms of processor time in {window.TotalSeconds:0} s at the limit, {(milswitch.ProcessorTime - whole).TotalMilliseconds:0} ms with what is compiled anew");
        Assert.True(spent < window / 4, $"{spent} of processor time in {window}");
    }

    private static async Task<SmtpDialogue?> TryOpenAsync(int port)
    {
        try
        {
            return await SmtpDialogue.OpenAsync(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException)
        {
            // Let go before it had begun.
            return null;
        }
    }

    private static async Task<bool> TakesMailAsync(SwitchProcess milswitch)
    {
        try
        {
            await SubmitAsync(milswitch, Message("again"));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static CancellationToken Within(TimeSpan time) => new CancellationTokenSource(time).Token;
}
