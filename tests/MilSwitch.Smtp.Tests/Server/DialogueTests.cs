using System.Collections.Immutable;
using System.Net;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

[Trait("Feature", "A-01")]
public sealed class DialogueTests
{
    private const string Hello = """
        S: 220 mx.example.mil ESMTP
        C: EHLO client.example
        S: 250-mx.example.mil
        S: 250-PIPELINING
        S: 250-SIZE 67108864
        S: 250-8BITMIME
        S: 250-CHUNKING
        S: 250-BINARYMIME
        S: 250-ENHANCEDSTATUSCODES
        S: 250-SMTPUTF8
        S: 250-DSN
        S: 250-MT-PRIORITY STANAG4406
        S: 250-DELIVERBY 10
        S: 250 HELP

        """;

    private static void Play(string dialogue, Action<SessionBench>? check = null, Func<SmtpListenerSettings, SmtpListenerSettings>? adjust = null,
        Action<FakeIntake>? arrange = null)
    {
        foreach (var octetByOctet in (bool[])[false, true])
        {
            using var bench = new SessionBench(adjust) { OctetByOctet = octetByOctet };
            arrange?.Invoke(bench.Intake);
            Transcript.Play(bench, dialogue);
            check?.Invoke(bench);
        }
    }

    [Fact]
    public void Takes_a_message_by_data() => Play(
        Hello + """
        C: MAIL FROM:<a@example.mil>
        S: 250 2.1.0 Sender OK
        C: RCPT TO:<b@example.org>
        S: 250 2.1.5 Recipient OK
        C: DATA
        S: 354 End data with <CR><LF>.<CR><LF>
        C: Subject: x
        C:
        C: ..stuffed
        C: ...
        C: last
        C: .
        S: 250 2.0.0 Accepted as 0800000000040
        C: QUIT
        S: 221 2.0.0 Goodbye
        S: (closed)
        """.Replace("0800000000040", "*", StringComparison.Ordinal),
        bench =>
        {
            var message = Assert.Single(bench.Intake.Messages);
            Assert.Equal("Subject: x\r\n\r\n.stuffed\r\n..\r\nlast\r\n", message.Text);
            Assert.Equal("client.example", message.Envelope.Origin.Helo);
            Assert.Equal("192.0.2.7", message.Envelope.Origin.ClientAddress);
            Assert.Equal(bench.Intake.Begun, bench.Intake.Disposed);
        });

    [Fact]
    [Trait("Feature", "A-05")]
    public void Takes_a_message_by_chunks() => Play(
        Hello + """
        C: MAIL FROM:<> BODY=BINARYMIME
        S: 250 2.1.0 *
        C: RCPT TO:<b@example.org>
        S: 250 2.1.5 *
        C: DATA
        S: 503 5.5.1 *
        C: BDAT 5
        C: ab\n\0\xff\
        S: 250 2.0.0 *
        C: DATA
        S: 503 5.5.1 *
        C: BDAT 0 LAST
        S: 250 2.0.0 Accepted as *
        C: BDAT 4 LAST
        C: QUIT\
        S: 503 5.5.1 *
        C: NOOP
        S: 250 2.0.0 OK
        """,
        bench => Assert.Equal("ab\n\0\u00ff", Assert.Single(bench.Intake.Messages).Text));

    [Fact]
    public void Reads_every_parameter_of_mail_and_rcpt() => Play(
        Hello + """
        C: MAIL FROM:<ä@example.mil> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=hdrs ENVID=QQ+2B1 MT-PRIORITY=-4 BY=120;RT
        S: 250 2.1.0 *
        C: RCPT TO:<b@example.org> NOTIFY=SUCCESS,delay ORCPT=rfc822;Dana+2Bx@Ivory.example.net
        S: 250 2.1.5 *
        C: RCPT TO:<c@example.org> ORCPT=utf-8;\x5cx{E4}@Ivory.example.net NOTIFY=NEVER
        S: 250 2.1.5 *
        """.Replace("ä", "\\xc3\\xa4", StringComparison.Ordinal),
        bench =>
        {
            var mail = Assert.Single(bench.Intake.Mails);
            Assert.Equal("ä@example.mil", mail.ReversePath.ToString());
            Assert.Equal(100, mail.DeclaredSize);
            Assert.Equal(BodyType.EightBitMime, mail.Body);
            Assert.True(mail.SmtpUtf8);
            Assert.Equal(DsnReturn.Headers, mail.Return);
            Assert.Equal("QQ+1", mail.EnvelopeId);
            Assert.Equal(-4, mail.Priority!.Value.Value);
            Assert.Equal(new DeliverBy(bench.Time.GetUtcNow().AddSeconds(120), DeliverByMode.Return, true), mail.DeliverBy);
            Assert.Equal(NotifyOptions.Success | NotifyOptions.Delay, bench.Intake.Recipients[0].Notify);
            Assert.Equal(new OriginalRecipient("rfc822", "Dana+x@Ivory.example.net"), bench.Intake.Recipients[0].OriginalRecipient);
            Assert.Equal(new OriginalRecipient("utf-8", "ä@Ivory.example.net"), bench.Intake.Recipients[1].OriginalRecipient);
            Assert.Equal(NotifyOptions.Never, bench.Intake.Recipients[1].Notify);
        });

    [Theory]
    [InlineData("MAIL FROM:<a@b> SIZE=1 SIZE=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> SIZE=", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> SIZE=-1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> SIZE=99999999999999999999", "552 5.3.4")]
    [InlineData("MAIL FROM:<a@b> SIZE=67108865", "552 5.3.4")]
    [InlineData("MAIL FROM:<a@b> BODY=9BIT", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> SMTPUTF8=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> RET=ALL", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> ENVID=a+0D+0AX", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> ENVID=a+", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> MT-PRIORITY=10", "501 5.5.2")]
    [InlineData("MAIL FROM:<a@b> MT-PRIORITY=+3", "501 5.5.2")]
    [InlineData("MAIL FROM:<a@b> MT-PRIORITY", "501 5.5.2")]
    [InlineData("MAIL FROM:<a@b> MT-PRIORITY=3 MT-PRIORITY=3", "501 5.5.2")]
    [InlineData("MAIL FROM:<a@b> BY=0;R", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> BY=-5;R", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> BY=9;R", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@b> BY=1234567890;N", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> BY=12;X", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> BY=12", "501 5.5.4")]
    [InlineData("MAIL FROM:<a@b> BY=-999999999;NT", "250 2.1.0")]
    [InlineData("MAIL FROM:<a@b> HOLDFOR=60", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@b> REQUIRETLS", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@b> AUTH=<>", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@b> X-THING=1", "555 5.5.4")]
    [InlineData("MAIL FROM:<a@b>SIZE=1", "501 5.1.7")]
    [InlineData("MAIL FROM: <a@b>", "250 2.1.0")]
    [InlineData("mail from:<a@b>", "250 2.1.0")]
    [InlineData("MAIL FROM:<\"a>b\"@b>", "250 2.1.0")]
    [InlineData("MAIL FROM:a@b", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@b", "501 5.1.7")]
    [InlineData("MAIL FROM:<a@b.>", "501 5.1.7")]
    [InlineData("MAIL FROM:<postmaster>", "501 5.1.7")]
    [InlineData("MAIL FROM:<@x,@y:a@b>", "550 5.7.1")]
    [InlineData("MAIL FROM:<\u00c3\u00a4@b>", "550 5.6.7")]
    [InlineData("MAIL FROM:<\u00c3@b> SMTPUTF8", "501 5.1.7")]
    [InlineData("MAIL FROM:<\u00c0\u00afa@b> SMTPUTF8", "501 5.1.7")]
    [InlineData("MAIL FROM:<a\u00e2\u0080\u00a8b@b> SMTPUTF8", "501 5.1.7")]
    [InlineData("MAIL FROM:<a\u00e2\u0080\u00aeb@b> SMTPUTF8", "501 5.1.7")]
    [InlineData("MAIL FROM:<a\u00ef\u00bc\u00a0b@b> SMTPUTF8", "501 5.1.7")]
    [InlineData("MAIL FROM:<a\u001b[0m@b>", "501 5.1.7")]
    [InlineData("MAIL", "501 5.1.7")]
    [Trait("Threat", "S10")]
    [Trait("Threat", "S11")]
    public void Judges_mail(string command, string expected)
    {
        using var bench = new SessionBench().Greeted();
        Assert.StartsWith(expected, bench.Say(command), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RCPT TO:<b@example.org> NOTIFY=NEVER,SUCCESS", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> NOTIFY=", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> NOTIFY=DELAY NOTIFY=DELAY", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=rfc822;a+0D+0ARCPT", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=rfc822;a+00", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=utf-8;a\\x{0D}", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=utf-8;a\\x{2028}", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=utf-8;a\\x{D800}", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=utf-8;\u00c3\u00a4@x", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=rfc822", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> ORCPT=rfc822;a ORCPT=rfc822;a", "501 5.5.4")]
    [InlineData("RCPT TO:<b@example.org> SIZE=1", "555 5.5.4")]
    [InlineData("RCPT TO:<>", "501 5.1.3")]
    [InlineData("RCPT TO:<Postmaster>", "250 2.1.5")]
    [InlineData("RCPT TO:<b@[192.0.2.1]>", "250 2.1.5")]
    [InlineData("RCPT TO:<b@[0x7f.0.0.1]>", "501 5.1.3")]
    [InlineData("RCPT TO:<b@[127.1]>", "501 5.1.3")]
    [InlineData("RCPT TO:<b@[IPv6:fe80::1%eth0]>", "501 5.1.3")]
    [InlineData("RCPT TO:<b@example.org.>", "501 5.1.3")]
    [InlineData("RCPT TO:<@relay:b@example.org>", "550 5.7.1")]
    [InlineData("RCPT TO:<b%other@example.org>", "550 5.7.1")]
    [InlineData("RCPT TO:<other!b@example.org>", "550 5.7.1")]
    [InlineData("RCPT TO:<\"b@other\"@example.org>", "550 5.7.1")]
    [InlineData("RCPT TO:<b@other@example.org>", "501 5.1.3")]
    [InlineData("RCPT TO:<\u00c3\u00a4@b>", "553 5.6.7")]
    [Trait("Threat", "S10")]
    [Trait("Threat", "S12")]
    public void Judges_rcpt(string command, string expected)
    {
        using var bench = new SessionBench().Greeted();
        bench.Say("MAIL FROM:<a@b>");
        Assert.StartsWith(expected, bench.Say(command), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "A-13")]
    public void Says_which_priority_counts_when_it_was_lowered() => Play(
        Hello + """
        C: MAIL FROM:<a@b> MT-PRIORITY=6
        S: 250 2.3.6 0 is the new priority assigned to the message
        """,
        arrange: intake => intake.OnMail = static _ => new MailDecision(null, MtPriority.From(Precedence.Priority)));

    [Fact]
    [Trait("Feature", "A-13")]
    public void Says_which_priority_counts_when_the_content_asked_for_too_much() => Play(
        Hello + """
        C: MAIL FROM:<a@b>
        S: 250 2.1.0 *
        C: RCPT TO:<c@example.mil>
        S: 250 2.1.5 *
        C: DATA
        S: 354 *
        C: MT-Priority: 6
        C: .
        S: 250 2.3.6 0 is the new priority assigned to the message; accepted as *
        C: BDAT 0 LAST
        S: 503 5.5.1 *
        """,
        arrange: intake => intake.LoweredTo = MtPriority.From(Precedence.Priority));

    [Fact]
    public void Answers_commands_out_of_order() => Play("""
        S: 220 *
        C: MAIL FROM:<a@b>
        S: 503 5.5.1 *
        C: HELO x
        S: 250 mx.example.mil
        C: MAIL FROM:<a@b> SIZE=1
        S: 555 5.5.4 *
        C: RCPT TO:<a@b>
        S: 503 5.5.1 *
        C: DATA
        S: 503 5.5.1 *
        C: MAIL FROM:<a@b>
        S: 250 2.1.0 *
        C: MAIL FROM:<a@b>
        S: 503 5.5.1 *
        C: DATA
        S: 503 5.5.1 *
        C: AUTH PLAIN
        S: 503 5.5.1 *
        C: RSET
        S: 250 2.0.0 OK
        C: AUTH PLAIN
        S: 502 5.5.1 *
        C: STARTTLS
        S: 502 5.5.1 *
        C: RSET now
        S: 501 5.5.4 *
        C: VRFY a
        S: 252 2.5.2 *
        C: EXPN a
        S: 502 5.5.1 *
        C: HELP
        S: 214 2.0.0 *
        C: WIZARD
        S: 500 5.5.2 *
        C: EHLO
        S: 501 5.5.4 *
        C: EHLO <script>
        S: 501 5.5.4 *
        C: NOOP whatever
        S: 250 2.0.0 OK
        C: QUIT
        S: 221 *
        S: (closed)
        """);

    [Fact]
    [Trait("Threat", "S7")]
    public void Answers_pipelined_commands_in_order_even_when_every_recipient_is_refused()
    {
        using var bench = new SessionBench().Greeted();
        bench.Intake.OnRecipient = static recipient => recipient.Address.LocalPart is "bad" ? Refusal.RelayingDenied : null;
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<bad@x>\r\nRCPT TO:<bad@y>\r\nDATA\r\nRSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<bad@x>\r\nRCPT TO:<good@x>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");
        var codes = bench.Read().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(static line => line[..3]);
        Assert.Equal(["250", "550", "550", "554", "250", "250", "550", "250", "354", "250", "221"], codes);
        Assert.Equal("good@x", Assert.Single(Assert.Single(bench.Intake.Messages).Envelope.Recipients).Address.Text);
    }

    [Fact]
    [Trait("Feature", "A-12")]
    public void Holds_mail_on_submission_only()
    {
        using var bench = new SessionBench(static settings => settings with { Role = ListenerRole.Submission, MaximumHold = TimeSpan.FromDays(1) });
        bench.Start();
        bench.Read();
        Assert.Contains("250-FUTURERELEASE 86400 2026-01-03T03:04:05Z\r\n", bench.Say("EHLO x") + "\r\n", StringComparison.Ordinal);
        Assert.StartsWith("501 5.5.4", bench.Say("MAIL FROM:<a@b> HOLDFOR=86401"), StringComparison.Ordinal);
        Assert.StartsWith("501 5.5.4", bench.Say("MAIL FROM:<a@b> HOLDFOR=0"), StringComparison.Ordinal);
        Assert.StartsWith("501 5.5.4", bench.Say("MAIL FROM:<a@b> HOLDFOR=60 HOLDUNTIL=2026-01-02T04:00:00Z"), StringComparison.Ordinal);
        Assert.StartsWith("501 5.5.4", bench.Say("MAIL FROM:<a@b> HOLDUNTIL=2026-01-09T04:00:00Z"), StringComparison.Ordinal);
        Assert.StartsWith("501 5.5.4", bench.Say("MAIL FROM:<a@b> HOLDUNTIL=2026-01-02T04:00:00+01:00"), StringComparison.Ordinal);
        Assert.StartsWith("501 5.5.4", bench.Say("MAIL FROM:<a@b> HOLDFOR=60 BY=30;N"), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("MAIL FROM:<a@b> HOLDUNTIL=2026-01-02T04:00:00Z"), StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 4, 0, 0, TimeSpan.Zero), bench.Intake.Mails[^1].HoldUntil);
    }

    [Fact]
    public void Tells_the_switch_who_may_relay()
    {
        static SmtpListenerSettings Adjust(SmtpListenerSettings settings) => settings with
        {
            HighestPrecedence = Precedence.Routine,
            Clients = [new ClientNetwork(IPNetwork.Parse("192.0.2.0/24")) { HighestPrecedence = Precedence.Flash, LowerPrecedence = false }],
        };
        using var known = new SessionBench(Adjust).Greeted();
        known.Say("MAIL FROM:<a@b>");
        Assert.Equal((true, Precedence.Flash, false), (known.Intake.LastClient!.MayRelay, known.Intake.LastClient.HighestPrecedence, known.Intake.LastClient.LowerPrecedence));
        using var stranger = new SessionBench(Adjust, "198.51.100.1").Greeted();
        stranger.Say("MAIL FROM:<a@b>");
        Assert.Equal((false, Precedence.Routine), (stranger.Intake.LastClient!.MayRelay, stranger.Intake.LastClient.HighestPrecedence));
    }

    [Fact]
    public void Has_an_answer_for_every_refusal()
    {
        foreach (var refusal in Enum.GetValues<Refusal>())
        {
            var reply = Replies.For(refusal);
            Assert.InRange(reply.Code, 400, 599);
            Assert.Contains(reply, Replies.All);
            Assert.Equal(reply.Code / 100, reply.EnhancedCode[0] - '0');
        }
    }

    [Fact]
    public void Replies_have_one_name_each_and_enhanced_codes_of_their_class()
    {
        Assert.Equal(Replies.All.Length, Replies.All.Select(static reply => reply.Name).ToImmutableHashSet().Count);
        foreach (var reply in Replies.All)
        {
            Assert.All(reply.Text, static c => Assert.InRange(c, ' ', '~'));
            if (reply.EnhancedCode.Length > 0) Assert.Equal(reply.Code / 100, reply.EnhancedCode[0] - '0');
        }
    }

    [Theory]
    [InlineData(Refusal.StoreFull, "452 4.3.1")]
    [InlineData(Refusal.StoreUnavailable, "451 4.3.0")]
    [InlineData(Refusal.Loop, "554 5.4.6")]
    [InlineData(Refusal.TooLargeForPriority, "552 5.7.16")]
    public void Answers_content_that_the_switch_refuses_and_goes_on(Refusal refusal, string expected)
    {
        using var bench = new SessionBench().Greeted();
        bench.Intake.OnComplete = _ => refusal;
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        bench.Read();
        Assert.StartsWith(expected, bench.Say("x\r\n."), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.Equal(bench.Intake.Begun, bench.Intake.Disposed);
    }

    [Theory]
    [Trait("Feature", "D-02")]
    [InlineData("MMHS-Message-Type, octet 2: the number is too high (MMHS-RANGE)", 0)]
    [InlineData("x", 600)]
    public void Says_what_is_to_be_mended_in_one_line(string detail, int more)
    {
        using var bench = new SessionBench().Greeted();
        bench.Intake.OnComplete = _ => Refusal.MilitaryFieldRefused;
        bench.Intake.Detail = detail + new string('y', more);
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        bench.Read();
        var said = bench.Say("x\r\n.");
        Assert.StartsWith($"550 5.6.0 {detail}", said, StringComparison.Ordinal);
        Assert.InRange(said.Length, 10, 512);
        Assert.StartsWith("250", bench.Say("MAIL FROM:<a@b>"), StringComparison.Ordinal);
    }
}
