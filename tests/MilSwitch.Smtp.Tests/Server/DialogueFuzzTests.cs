using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

[Trait("Threat", "S14")]
public sealed partial class DialogueFuzzTests
{
    private static readonly HashSet<string> ClosedSet = [.. Replies.All.Select(static reply => $"{reply.Code} {reply.EnhancedCode}".Trim())];

    private static readonly string[] Lines =
    [
        "EHLO client.example", "HELO client", "EHLO", "EHLO \u00e4", "MAIL FROM:<a@example.mil>", "MAIL FROM:<>", "MAIL FROM:<a@b> SIZE=100 BODY=8BITMIME",
        "MAIL FROM:<a@b> BODY=BINARYMIME", "MAIL FROM:<a@b> MT-PRIORITY=4 BY=100;R ENVID=x+2By RET=FULL", "MAIL FROM:<a@b> SMTPUTF8", "MAIL FROM:<a@b", "RCPT TO:<b@example.org>",
        "RCPT TO:<c@example.org> NOTIFY=SUCCESS ORCPT=rfc822;a+40b", "RCPT TO:<bad@example.org>", "RCPT TO:<@x:y@z>", "RCPT TO:<a%b@c>", "DATA", "DATA x", "BDAT 0", "BDAT 0 LAST",
        "BDAT 7\r\nabc\r\nde", "BDAT 5 LAST\r\nabc\r\n", "BDAT 3 LAST\r\n\n.\n", "BDAT 10\r\nQUIT\r\nQUIT", "BDAT -1", "BDAT 99999999999999999999", "BDAT x", "RSET", "NOOP", "VRFY a", "EXPN a", "HELP", "STARTTLS",
        "AUTH PLAIN", "AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=", "AUTH SCRAM-SHA-256", "*", "QQ==", "QUIT", "Subject: x", ".", "..", "text", "", "\0", "a\rb", "a\nb", ".\r", "GET / HTTP/1.0",
        "\u00ff\u00fe\u00fd", "XCLIENT ADDR=198.51.100.9 NAME=[UNAVAILABLE]", "XCLIENT HELO=a PROTO=ESMTP LOGIN=ghost", "XCLIENT ADDR=IPV6:::1 HELO=x+2Ey", "XCLIENT",
    ];

    /// <summary>A client gone mad, after a sane start more often than not.</summary>
    internal static string Dialogue(Random random)
    {
        var text = new StringBuilder();
        if (random.Next(4) > 0) text.Append("EHLO client.example\r\n");
        if (random.Next(3) > 0) text.Append("MAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\n");
        for (var count = random.Next(1, 25); count > 0; count--)
        {
            var line = Lines[random.Next(Lines.Length)];
            if (random.Next(12) is 0 && line.Length > 0) line = Mutate(line, random);
            text.Append(line).Append(random.Next(40) is 0 ? (random.Next(2) is 0 ? "\n" : "\r") : "\r\n");
        }

        return text.ToString();
    }

    private static string Mutate(string line, Random random)
    {
        var characters = line.ToCharArray().ToList();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var at = random.Next(characters.Count + 1);
            switch (random.Next(3))
            {
                case 0 when at < characters.Count:
                    characters[at] = (char)random.Next(256);
                    break;
                case 1:
                    characters.Insert(at, (char)random.Next(256));
                    break;
                default:
                    characters.AddRange(characters.ToArray());
                    break;
            }
        }

        return new string([.. characters]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_answer_is_of_the_closed_set_or_the_connection_is_closed(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2500; round++)
        {
            using var bench = new SessionBench(settings => settings with { AuthMechanisms = ["SCRAM-SHA-256", "PLAIN"], ClientNamers = [System.Net.IPNetwork.Parse("192.0.2.0/24")], Limits = new SmtpLimits { CommandLine = 600, Errors = 30 } });
            bench.Intake.OnRecipient = static recipient => recipient.Address.LocalPart is "bad" ? Refusal.RecipientRefused : null;
            bench.Start();
            var script = Encoding.Latin1.GetBytes(Dialogue(random));
            for (var sent = 0; sent < script.Length;)
            {
                var piece = Math.Min(random.Next(1, 200), script.Length - sent);
                bench.SendPiece(script.AsSpan(sent, piece));
                sent += piece;
            }

            foreach (var line in bench.Read().Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
            {
                Assert.Matches("^[ -~]*$", line);
                var match = Answer().Match(line);
                Assert.True(match.Success, line);
                Assert.True(ClosedSet.Contains(match.Groups[1].Value) || ClosedSet.Contains(match.Groups[1].Value[..3]), line);
            }

            Assert.False(bench.Session.IsFaulted);
            bench.HangUp();
            if (!bench.Closed) bench.Time.Advance(TimeSpan.FromMinutes(6));
            Assert.True(bench.Closed);
            Assert.Equal(bench.Intake.Begun, bench.Intake.Disposed);
            Assert.All(bench.Intake.Messages, static message =>
            {
                if (message.Envelope.Body is not MilSwitch.Domain.Messages.BodyType.BinaryMime) Assert.DoesNotMatch("\r(?!\n)|(?<!\r)\n|\0", message.Text);
            });
        }
    }

    [GeneratedRegex("^([2-5][0-9]{2} [245]\\.[0-9]\\.[0-9]{1,2}|[2-5][0-9]{2})[ -]?")]
    private static partial Regex Answer();
}
