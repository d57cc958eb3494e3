using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Tracking;

namespace MilSwitch.Smtp.Tests.Tracking;

/// <summary>The examples of RFC 3887, with the numbers of its §3.1, §4.1 and §8.1, and what strangers may try.</summary>
[Trait("Feature", "A-15")]
public sealed class MtqpSessionTests
{
    // §4.1 calls the secret "abcdefgh"; its base64 there has a line feed behind it, and the hash that it prints is of neither.
    private const string Track = "TRACK <12345-20010101@example.com> YWJjZGVmZ2gK\r\n";
    private const string Envid = "12345-20010101@example.com";

    private static readonly TrackingCertifier Proof = TrackingCertifier.Of("abcdefgh\n"u8);
    private static readonly DateTimeOffset Arrival = new(2001, 1, 1, 15, 15, 15, TimeSpan.FromHours(-5));
    private static readonly DateTimeOffset Attempt = new(2001, 1, 1, 19, 15, 3, TimeSpan.FromHours(-5));

    private static readonly string Head = """
        +OK+ Tracking information follows
        Content-Type: multipart/related; boundary="milswitch-tracking-status"; type="message/tracking-status"

        --milswitch-tracking-status
        Content-Type: message/tracking-status

        Original-Envelope-Id: 12345-20010101@example.com
        Reporting-MTA: dns; example2.com
        Arrival-Date: Mon, 01 Jan 2001 20:15:15 +0000


        """.Replace("\r\n", "\n", StringComparison.Ordinal);

    private const string Tail = "\n--milswitch-tracking-status--\n.\n";

    private static MtqpBench Bench(params TrackedRecipient[] recipients)
    {
        var bench = new MtqpBench();
        bench.Known[(Envid, Proof)] = new TrackingAnswer(true, [new TrackingStatus(Envid, "example2.com", Arrival, [.. recipients])]);
        Assert.Equal("+OK/MTQP MTQP server ready\n", bench.Read());
        return bench;
    }

    private static TrackedRecipient Recipient(string address, TrackingAction action, EnhancedStatusCode status) =>
        new(new OriginalRecipient("rfc822", address), new OriginalRecipient("rfc822", address), action, status);

    [Fact]
    public void Example_5_options_available()
    {
        using var certificate = Certificate("mx.example2.com");
        using var bench = new MtqpBench(s => s with { TlsMode = ListenerTlsMode.StartTls, Certificate = certificate });
        Assert.Equal("+OK+/MTQP MTQP server ready\nSTARTTLS\n.\n", bench.Read());
    }

    [Fact]
    public void Example_6_message_delivered()
    {
        using var bench = Bench(Recipient("user1@example1.com", TrackingAction.Delivered, new(2, 5, 0)));
        Assert.Equal(
            Head + "Original-Recipient: rfc822; user1@example1.com\nFinal-Recipient: rfc822; user1@example1.com\nAction: delivered\nStatus: 2.5.0\n" + Tail, bench.Say(Track));
    }

    [Fact]
    public void Example_7_message_transferred()
    {
        using var bench = Bench(Recipient("user1@example1.com", TrackingAction.Transferred, new(2, 4, 0)) with { RemoteMta = "example3.com", LastAttempt = Attempt });
        Assert.Equal(
            Head + "Original-Recipient: rfc822; user1@example1.com\nFinal-Recipient: rfc822; user1@example1.com\nAction: transferred\nStatus: 2.4.0\n"
            + "Remote-MTA: dns; example3.com\nLast-Attempt-Date: Tue, 02 Jan 2001 00:15:03 +0000\n" + Tail,
            bench.Say(Track));
    }

    [Fact]
    public void Example_8_message_delayed()
    {
        var recipient = Recipient("user1@example1.com", TrackingAction.Delayed, new(4, 4, 1)) with
        {
            RemoteMta = "example3.com", LastAttempt = Attempt, WillRetryUntil = Arrival.AddDays(3),
        };
        using var bench = Bench(recipient);
        Assert.EndsWith(
            "Action: delayed\nStatus: 4.4.1\nRemote-MTA: dns; example3.com\nLast-Attempt-Date: Tue, 02 Jan 2001 00:15:03 +0000\nWill-Retry-Until: Thu, 04 Jan 2001 20:15:15 +0000\n" + Tail,
            bench.Say(Track), StringComparison.Ordinal);
    }

    [Fact]
    public void Example_9_two_users_one_relayed_one_failed()
    {
        using var bench = Bench(
            Recipient("user1@example1.com", TrackingAction.Relayed, new(2, 1, 9)) with { RemoteMta = "example3.com", LastAttempt = Attempt },
            Recipient("user2@example1.com", TrackingAction.Failed, new(5, 2, 2)) with { RemoteMta = "example3.com", LastAttempt = Attempt });
        var said = bench.Say(Track);
        Assert.Contains("Action: relayed\nStatus: 2.1.9\nRemote-MTA: dns; example3.com\nLast-Attempt-Date: Tue, 02 Jan 2001 00:15:03 +0000\n\nOriginal-Recipient: rfc822; user2@example1.com\n", said, StringComparison.Ordinal);
        Assert.Contains("Action: failed\nStatus: 5.2.2\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Examples_13_and_14_questions_in_one_batch_are_answered_in_their_order()
    {
        using var bench = Bench(Recipient("user1@example1.com", TrackingAction.Delivered, new(2, 5, 0)));
        var one = bench.Say(Track);
        Assert.Equal("+OK\n" + one + one + "+OK Goodbye\n", bench.Say("comment we ask twice\r\n" + Track + "track\t" + Envid + " \t YWJjZGVmZ2gK\r\nQUIT\r\n"));
        Assert.True(bench.Session.IsCompleted);
    }

    [Fact]
    public void Lines_that_begin_with_a_dot_are_stuffed_and_no_value_makes_a_line()
    {
        using var bench = new MtqpBench();
        bench.Known[(Envid, Proof)] = new TrackingAnswer(true,
            [new TrackingStatus(Envid, "example2.com", Arrival, [Recipient("x\r\n.\r\n", TrackingAction.Delayed, new(4, 0, 0)) with { RemoteMta = new string('.', 2000) }])]);
        bench.Read();
        var said = bench.Say(Track);
        Assert.Contains("Final-Recipient: rfc822; x??.??\n", said, StringComparison.Ordinal);
        Assert.EndsWith(Tail, said, StringComparison.Ordinal);
        Assert.All(said.Split('\n'), line => Assert.True(line.Length <= 998));
        Assert.Single(said.Split('\n'), ".");
    }

    [Fact]
    [Trait("Threat", "S9")]
    public void An_unknown_id_and_a_wrong_secret_hear_the_same()
    {
        using var bench = Bench(Recipient("user1@example1.com", TrackingAction.Delivered, new(2, 5, 0)));
        var unknown = bench.Say("TRACK <other@example.com> YWJjZGVmZ2gK\r\n");
        var wrong = bench.Say("TRACK <12345-20010101@example.com> YWJjZGVmZ2g=\r\n");
        Assert.Equal("-ERR/noinfo Nothing is known\n", unknown);
        Assert.Equal(unknown, wrong);
    }

    [Theory]
    [InlineData("NOOP")]
    [InlineData("")]
    [InlineData("TRACK")]
    [InlineData("TRACK a@b")]
    [InlineData("TRACK a@b QUJD more")]
    [InlineData("TRACK ab QUJD")]
    [InlineData("TRACK a+4@b QUJD")]
    [InlineData("TRACK a@b QUJ*")]
    [InlineData("QUIT now")]
    [InlineData("STARTTLS")]
    [InlineData("STARTTLS localhost")]
    [InlineData("STARTTLS a.b c")]
    [InlineData("COMMENT \u00e9")]
    public void What_is_not_in_the_grammar_is_bad(string line)
    {
        using var bench = Bench();
        Assert.StartsWith("-BAD ", bench.Say(line + "\r\n"), StringComparison.Ordinal);
        Assert.Empty(bench.Asked);
        Assert.Equal("+OK\n", bench.Say("COMMENT\r\n"));
    }

    [Fact]
    public void Envelope_ids_are_xtext()
    {
        using var bench = Bench();
        bench.Say("TRACK a+2Bb@c QUJD\r\n");
        Assert.Equal("a+b@c", bench.Asked[0].Item1);
    }

    [Property(MaxTest = 1000)]
    public void No_line_throws(byte[] line) => MtqpCommand.Read(line);

    [Property(MaxTest = 300)]
    public void No_octets_break_a_session(byte[] octets, int cut)
    {
        using var bench = Bench();
        var text = Encoding.Latin1.GetString(octets);
        var at = (int)((uint)cut % (uint)(text.Length + 1));
        bench.Say("TRACK " + text[..at]);
        bench.Say(text[at..]);
        bench.ToServer.Complete();
        Assert.True(bench.Session.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_line_has_998_characters_at_most()
    {
        using var bench = Bench();
        Assert.Equal("+OK\n", bench.Say("COMMENT " + new string('x', 990) + "\r\n"));
        Assert.Equal("-BAD Line too long\n", bench.Say("COMMENT " + new string('x', 991) + "\r\n"));
        Assert.Equal("-BAD Lines end with CRLF\n", bench.Say("COMMENT\n"));
        // Without an end: refused while it comes, and not kept.
        Assert.StartsWith("-BAD", bench.Say(new string('x', 1500)), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_guesses_is_sent_away()
    {
        using var bench = Bench();
        for (var i = 0; i < 20; i++) Assert.Equal("-ERR/noinfo Nothing is known\n", bench.Say("TRACK a@b QUJD\r\n"));
        Assert.True(bench.Session.IsCompleted);
    }

    [Fact]
    public void One_client_asks_so_often_and_no_more()
    {
        using var bench = new MtqpBench(s => s with { QuestionsPerMinute = 3 });
        bench.Read();
        for (var i = 0; i < 3; i++) Assert.StartsWith("-ERR/noinfo", bench.Say("TRACK a@b QUJD\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("-TEMP/unavailable", bench.Say("TRACK a@b QUJD\r\n"), StringComparison.Ordinal);
        Assert.Equal(3, bench.Asked.Count);
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.StartsWith("-ERR/noinfo", bench.Say("TRACK a@b QUJD\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_is_away_is_told_and_costs_nothing()
    {
        using var bench = Bench();
        bench.Known[("a@b", TrackingCertifier.Of("ABC"u8))] = TrackingAnswer.Unavailable;
        for (var i = 0; i < 30; i++) Assert.Equal("-TEMP/unavailable Not now\n", bench.Say("TRACK a@b QUJD\r\n"));
        Assert.False(bench.Session.IsCompleted);
    }

    [Fact]
    public void Silence_ends_after_ten_minutes_and_not_before()
    {
        using var bench = Bench();
        bench.Time.Advance(TimeSpan.FromMinutes(9.9));
        Assert.False(bench.Session.IsCompleted);
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(bench.Session.IsCompleted);
    }

    [Fact]
    public void A_server_that_goes_down_says_so()
    {
        using var bench = Bench();
        bench.Shutdown();
        Assert.Equal("-TEMP/admin Going down\n", bench.Read());
        Assert.True(bench.Session.IsCompleted);
    }

    [Fact]
    public void Without_tls_it_is_unsupported()
    {
        using var bench = Bench();
        Assert.StartsWith("-ERR/unsupported", bench.Say("STARTTLS mx.example2.com\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "S3")]
    public void Octets_behind_STARTTLS_end_the_session()
    {
        using var certificate = Certificate("mx.example2.com");
        using var bench = new MtqpBench(s => s with { TlsMode = ListenerTlsMode.StartTls, Certificate = certificate });
        bench.Read();
        Assert.StartsWith("-BAD", bench.Say("STARTTLS mx.example2.com\r\nCOMMENT injected\r\n"), StringComparison.Ordinal);
        Assert.True(bench.Session.IsCompleted);
    }

    [Fact]
    public async Task STARTTLS_makes_the_session_new_and_opens_what_needs_it()
    {
        using var certificate = Certificate("mx.example2.com");
        using var bench = new MtqpBench(s => s with { TlsMode = ListenerTlsMode.Required, Certificate = certificate });
        Assert.Equal("+OK+/MTQP MTQP server ready\nSTARTTLS required\n.\n", bench.Read());
        Assert.StartsWith("-ERR/tls-required", bench.Say(Track), StringComparison.Ordinal);
        Assert.StartsWith("-BAD/bad-fqdn", bench.Say("STARTTLS mx.example3.com\r\n"), StringComparison.Ordinal);
        Assert.Empty(bench.Asked);
        Assert.StartsWith("+OK ", bench.Say("STARTTLS mx.example2.com\r\n"), StringComparison.Ordinal);

        await using var tls = new SslStream(new MilSwitch.Smtp.Server.Hosting.DuplexPipeStream(new Other(bench)));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mx.example2.com", RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == certificate.GetCertHashString(),
        });
        using var reader = new StreamReader(tls, Encoding.ASCII);
        Assert.Equal("+OK/MTQP MTQP server ready", await reader.ReadLineAsync());
        await tls.WriteAsync(Encoding.ASCII.GetBytes("STARTTLS mx.example2.com\r\n" + Track));
        Assert.StartsWith("-BAD/tls-in-progress", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("-ERR/noinfo", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    internal static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(2));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Other(MtqpBench bench) : System.IO.Pipelines.IDuplexPipe
    {
        public System.IO.Pipelines.PipeReader Input => bench.FromServer;

        public System.IO.Pipelines.PipeWriter Output => bench.ToServer;
    }
}
