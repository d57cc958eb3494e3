using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using MilSwitch.Acp127;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Messages;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>Lines of ACP 127 at a running node: what comes in, what goes out.</summary>
[Trait("Feature", "S-02")]
public sealed class Acp127LineTests
{
    private const string Folder = "    - { name: ship, station: RXFPA, operator: centre@sink.test, in: { folder: ./in, interval: 100ms, channel: ABA } }";
    private const string PortLine = "    - { name: ship, station: RXFPA, operator: centre@sink.test, in: { endpoint: \"127.0.0.1:0\", clients: [127.0.0.0/8] } }";
    private const string OutFolder = "    - { name: ship, station: RXFPA, operator: centre@sink.test, out: { folder: ./out, channel: ABB } }";
    private const string OutRoute = "  - { match: ship.test, next-hop: \"acp127:ship\" }";

    private const string Mail = """
        From: mindef@sink.test
        To: saclant@ship.test
        Date: Tue, 03 Feb 2026 12:15:00 +0000
        Message-ID: <1@sink.test>
        Subject: Fuel
        MMHS-Primary-Precedence: flash

        Unclas
        Send fuel.

        """;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_file_becomes_mail_once_and_is_removed_when_that_is_durable()
    {
        await using var stage = await Acp127Stage.StartAsync(Folder);
        stage.Put("1", Message(1, 1));
        var delivered = Assert.Single(await stage.Sink.WaitForAsync(1, Soon));
        Assert.Equal("MAIL FROM:<centre@sink.test>", delivered.Mail.Split(' ')[0] + " " + delivered.Mail.Split(' ')[1]);
        Assert.StartsWith("RCPT TO:<mindef@sink.test>", Assert.Single(delivered.Recipients), StringComparison.Ordinal);
        Assert.Equal("RPDLE 0001 0341215", delivered.Field("MMHS-Acp127-Message-Identifier"));
        Assert.Equal("immediate", delivered.Field("MMHS-Primary-Precedence"));
        await Eventually.ComesTrueAsync(() => Directory.GetFiles(stage.In).Length is 0, Soon, "the file is removed");
        // The same again as another transmission, and another message behind it.
        stage.Put("2", Message(2, 1));
        stage.Put("3", Message(3, 2));
        await Eventually.ComesTrueAsync(() => Directory.GetFiles(stage.In).Length is 0, Soon, "both are taken");
        var all = await stage.Sink.WaitForAsync(2, Soon);
        Assert.Equal(["RPDLE 0001 0341215", "RPDLE 0002 0341215"], all.Select(t => t.Field("MMHS-Acp127-Message-Identifier")));
        Assert.Empty(stage.Alarms);
    }

    [Fact]
    [Trait("Feature", "D-06")]
    public async Task A_number_that_never_came_raises_an_alarm_that_stands_over_a_restart_until_it_comes()
    {
        await using var stage = await Acp127Stage.StartAsync(Folder);
        stage.Put("1", Message(1, 1));
        await Eventually.ComesTrueAsync(() => Directory.GetFiles(stage.In).Length is 0, Soon, "the first is taken");
        stage.Put("3", Message(3, 3));
        await Eventually.ComesTrueAsync(() => stage.Alarms.Count is 1, Soon, "an alarm is raised");
        await stage.RestartAsync();
        var alarm = Assert.Single(stage.Alarms);
        Assert.Equal(("acp127-channel:ship", "line ship: numbers 002 never came"), (alarm.Id, alarm.Text));
        stage.Put("2", Message(2, 2));
        await Eventually.ComesTrueAsync(() => stage.Alarms.Count is 0, Soon, "the alarm is cleared");
    }

    [Fact]
    public async Task What_is_garbled_is_held_with_its_line_marked_and_goes_to_the_operator_when_it_is_released()
    {
        await using var stage = await Acp127Stage.StartAsync(Folder);
        stage.Put("1", Message(1, 1).Replace("IT ENDS 1200.", "IT ENDS 12\u001300.", StringComparison.Ordinal));
        stage.Put("2", Message(2, 2).Replace("MINDEF", "MINDEV", StringComparison.Ordinal));
        await Eventually.ComesTrueAsync(() => Directory.GetFiles(stage.In).Length is 0, Soon, "both are taken");
        await Eventually.ComesTrueAsync(async () => (await stage.Operator.HeldAsync(null, 10, default)).Count is 2, Soon, "both are held");
        var queued = (await stage.Operator.QueueAsync(new QueueFilter(), default)).OrderBy(q => q.Id).ToArray();
        Assert.Equal(
            ["ACP 127: line 11, format line 12: a character that ITA2 doesn't have", "ACP 127: line 6, format line 7: the directory doesn't know the addressee"],
            queued.Select(q => q.HeldBecause));
        Assert.Empty(stage.Sink.Transactions);
        await stage.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [queued[0].Id], Reason = "seen" }, Acp127Stage.Somebody, default);
        var delivered = Assert.Single(await stage.Sink.WaitForAsync(1, Soon));
        Assert.StartsWith("RCPT TO:<centre@sink.test>", Assert.Single(delivered.Recipients), StringComparison.Ordinal);
        Assert.Equal("immediate", delivered.Field("MMHS-Primary-Precedence"));
        Assert.Contains("\r\n    10 UNCLAS\r\n>   11 IT ENDS 12\\x1300.\r\n    12 BT\r\n", Encoding.ASCII.GetString(delivered.Content.Span).Replace("     ", "    ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_closes_in_order_when_all_that_came_is_durable()
    {
        await using var stage = await Acp127Stage.StartAsync(PortLine);
        Assert.True(await stage.TransmitAsync(Message(1, 1) + "\r\n\r\n" + Message(2, 2) + Message(3, 3).TrimEnd()));
        // What was answered is durable whatever happens now.
        Assert.Equal(3, (await stage.Sink.WaitForAsync(3, Soon)).Count);
        Assert.True(await stage.TransmitAsync(Message(4, 4).Split("BT", 2)[0]));
        Assert.Contains("format line 11", Assert.Single(await stage.Operator.QueueAsync(new QueueFilter { State = Domain.Delivery.MessageState.Held }, default)).HeldBecause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_takes_nothing_from_others()
    {
        await using var stage = await Acp127Stage.StartAsync(PortLine.Replace("127.0.0.0/8", "192.0.2.0/24", StringComparison.Ordinal));
        Assert.False(await stage.TransmitAsync(Message(1, 1)));
        Assert.Empty(stage.Sink.Transactions);
    }

    [Fact]
    public async Task Mail_becomes_a_file_with_the_station_s_and_the_channel_s_next_numbers()
    {
        await using var stage = await Acp127Stage.StartAsync(OutFolder, OutRoute);
        await stage.SendAsync(Mail, "saclant@ship.test");
        await Eventually.ComesTrueAsync(() => Files(stage).Length is 1, Soon, "the file is there");
        await stage.RestartAsync();
        var second = await stage.SendAsync(Mail.Replace("<1@", "<2@", StringComparison.Ordinal).Replace("12:15", "12:16", StringComparison.Ordinal), "saclant@ship.test");
        await Eventually.ComesTrueAsync(() => Files(stage).Length is 2, Soon, "the second file is there");
        var messages = Files(stage).Select(f => Acp127Reader.Read(File.ReadAllBytes(f)).Message!).ToArray();
        Assert.Equal([("VZCZCABB001", "RXFPA", "0001", "RPDLE"), ("VZCZCABB002", "RXFPA", "0002", "RPDLE")], messages.Select(m => (m.Start!, m.Calling, m.Serial, Assert.Single(m.Called))));
        Assert.Equal(["UNCLAS", "SUBJ: FUEL", "SEND FUEL."], messages[0].Text.AsEnumerable());
        await Eventually.ComesTrueAsync(async () => (await stage.Operator.MessageAsync(second, default))!.Message.Recipients[0].State is Domain.Delivery.RecipientState.Delivered, Soon, "it is delivered");
        Assert.DoesNotContain(Directory.GetFiles(stage.Out), f => Path.GetFileName(f).StartsWith('.'));
    }

    [Fact]
    public async Task Who_wrote_what_a_line_can_not_carry_hears_the_field()
    {
        await using var stage = await Acp127Stage.StartAsync(OutFolder, OutRoute);
        await stage.SendAsync(Mail.Replace("Subject: Fuel", "Subject: Fuel\nMMHS-Message-Type: drill", StringComparison.Ordinal), "saclant@ship.test");
        await stage.SendAsync(Mail.Replace("<1@", "<2@", StringComparison.Ordinal), "other@ship.test");
        var reports = (await stage.Sink.WaitForAsync(2, Soon)).Select(t => Encoding.ASCII.GetString(t.Content.Span)).ToArray();
        Assert.Contains(reports, r => r.Contains("MMHS-Message-Type", StringComparison.Ordinal) && r.Contains("5.6.3", StringComparison.Ordinal));
        Assert.Contains(reports, r => r.Contains("5.1.1", StringComparison.Ordinal));
        Assert.Empty(Files(stage));
    }

    [Fact]
    public async Task Over_TCP_it_is_delivered_when_the_peer_has_closed_and_sent_again_under_the_same_numbers_otherwise()
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        await using var stage = await Acp127Stage.StartAsync($"    - {{ name: ship, station: RXFPA, operator: centre@sink.test, out: {{ next-hop: \"{peer.LocalEndpoint}\", channel: ABB }} }}", OutRoute);
        var id = await stage.SendAsync(Mail, "saclant@ship.test");
        byte[] first;
        using (var connection = await peer.AcceptSocketAsync().WaitAsync(Soon))
        {
            first = await ReadToEndAsync(connection);
            Assert.NotEqual(Domain.Delivery.RecipientState.Delivered, (await stage.Operator.MessageAsync(id, default))!.Message.Recipients[0].State);
            // Reset.
            connection.LingerState = new LingerOption(true, 0);
        }

        using (var connection = await peer.AcceptSocketAsync().WaitAsync(Soon))
        {
            Assert.Equal(Encoding.ASCII.GetString(first), Encoding.ASCII.GetString(await ReadToEndAsync(connection)));
            connection.Shutdown(SocketShutdown.Send);
            await Eventually.ComesTrueAsync(async () => (await stage.Operator.MessageAsync(id, default))!.Message.Recipients[0].State is Domain.Delivery.RecipientState.Delivered, Soon, "it is delivered");
        }

        Assert.Equal("VZCZCABB001", Acp127Reader.Read(first).Message!.Start);
    }

    [Theory]
    [Trait("Threat", "S4")]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task A_port_with_TLS_takes_nothing_outside_of_it_and_nothing_from_strangers(bool isInside, bool isKnown)
    {
        await using var stage = await Acp127Stage.StartAsync(PortLine.Replace("clients:", "tls: { certificate: tls.pem, key: tls.key, client-ca: tls.pem }, clients:", StringComparison.Ordinal));
        if (!isInside)
        {
            Assert.False(await stage.TransmitAsync(Message(1, 1)));
            Assert.Empty(stage.Sink.Transactions);
            return;
        }

        using var certificate = stage.Certificate;
        using var client = new TcpClient();
        await client.ConnectAsync(stage.Port);
        await using var tls = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetRawCertData().SequenceEqual(certificate.RawData) };
        if (isKnown) options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        try
        {
            await tls.AuthenticateAsClientAsync(options);
            await tls.WriteAsync(Encoding.Latin1.GetBytes(Message(1, 1)));
            await tls.ShutdownAsync();
            client.Client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await tls.ReadAsync(new byte[1]).AsTask().WaitAsync(Soon));
            Assert.True(isKnown);
            Assert.Single(await stage.Sink.WaitForAsync(1, Soon));
        }
        catch (Exception fault) when (!isKnown && fault is IOException or AuthenticationException)
        {
            Assert.Empty(stage.Sink.Transactions);
        }
    }

    [Fact]
    [Trait("Threat", "S4")]
    public async Task Over_TLS_it_is_delivered_by_the_end_of_TLS_alone()
    {
        using var peer = new TcpListener(IPAddress.Loopback, 0);
        peer.Start();
        await using var stage = await Acp127Stage.StartAsync(
            $"    - {{ name: ship, station: RXFPA, operator: centre@sink.test, out: {{ next-hop: \"{peer.LocalEndpoint}\", channel: ABB, tls: {{ ca: tls.pem, name: localhost }} }} }}", OutRoute);
        using var certificate = stage.Certificate;
        var id = await stage.SendAsync(Mail, "saclant@ship.test");
        byte[] first = [];
        for (var i = 0; i < 2; i++)
        {
            using var connection = await peer.AcceptSocketAsync().WaitAsync(Soon);
            await using var tls = new SslStream(new NetworkStream(connection));
            await tls.AuthenticateAsServerAsync(certificate).WaitAsync(Soon);
            using var all = new MemoryStream();
            await tls.CopyToAsync(all).WaitAsync(Soon);
            if (i is 0)
            {
                // Anybody on the way can end a connection.
                first = all.ToArray();
                connection.Shutdown(SocketShutdown.Send);
                await Eventually.ComesTrueAsync(async () => (await stage.Operator.MessageAsync(id, default))!.Message.Recipients[0].Attempts is 1, Soon, "it is tried again");
                continue;
            }

            Assert.Equal(first, all.ToArray());
            await tls.ShutdownAsync();
            connection.Shutdown(SocketShutdown.Send);
            await Eventually.ComesTrueAsync(async () => (await stage.Operator.MessageAsync(id, default))!.Message.Recipients[0].State is Domain.Delivery.RecipientState.Delivered, Soon, "it is delivered");
        }

        Assert.Equal("VZCZCABB001", Acp127Reader.Read(first).Message!.Start);
    }

    private static string[] Files(Acp127Stage stage) => [.. Directory.GetFiles(stage.Out, "*.acp127").Order(StringComparer.Ordinal)];

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        await using var stream = new NetworkStream(socket);
        await stream.CopyToAsync(all).WaitAsync(Soon);
        return all.ToArray();
    }

    private static string Message(int number, int serial) =>
        $"VZCZCABA{number:000}\r\r\nOO RXFPA\r\r\nDE RPDLE {serial:0000} 0341215\r\r\nO 031215Z FEB 26\r\r\nFM SACLANT\r\r\nTO RXFPA/MINDEF\r\r\nINFO RXFPX/SOMEBODY\r\r\nGR4\r\r\nBT\r\r\nUNCLAS\r\r\nIT ENDS 1200.\r\r\nBT\r\r\nNNNN\r\r\n";
}
