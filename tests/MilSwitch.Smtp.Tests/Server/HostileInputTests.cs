using System.Text;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

public sealed class HostileInputTests
{
    private static SessionBench InData(bool octetByOctet, Func<SmtpListenerSettings, SmtpListenerSettings>? adjust = null)
    {
        var bench = new SessionBench(adjust) { OctetByOctet = octetByOctet }.Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        Assert.EndsWith("LF>\r\n", bench.Read(), StringComparison.Ordinal);
        return bench;
    }

    public static TheoryData<string, bool> ForgedEnds()
    {
        var data = new TheoryData<string, bool>();
        foreach (var end in (string[])[
            "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\r\n.\r\r\n", "\r\n.\r\r\n",
            "\r\n.\0\r\n", "\r\n\0.\r\n", "\0\n.\r\n", "\n\0.\n", "\r\n.\r\0\n", "\r\n\n.\r\n", "\r\n\r.\r\n", "\n\n.\n\n", "\r\n.\n.\r\n", "\0.\0"])
        {
            data.Add(end, false);
            data.Add(end, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(ForgedEnds))]
    [Trait("Threat", "S1")]
    [Trait("Feature", "A-20")]
    public void Never_takes_what_follows_a_forged_end_of_data_for_commands(string end, bool octetByOctet)
    {
        using var bench = InData(octetByOctet);
        bench.Send($"Subject: x\r\n\r\nhello{end}MAIL FROM:<forged@b>\r\nRCPT TO:<victim@b>\r\nDATA\r\nforged\r\n.\r\nQUIT\r\n");
        var said = bench.Read();
        Assert.StartsWith("550 5.6.0 ", said, StringComparison.Ordinal);
        Assert.Single(said.Split("\r\n", StringSplitOptions.RemoveEmptyEntries));
        Assert.True(bench.Closed);
        Assert.Single(bench.Intake.Mails);
        Assert.Empty(bench.Intake.Messages);
        Assert.Equal(bench.Intake.Begun, bench.Intake.Disposed);
    }

    [Theory]
    [InlineData("a\nb\r\n.\r\n", "550 5.6.0 Bare LF")]
    [InlineData("a\rb\r\n.\r\n", "550 5.6.0 Bare CR")]
    [InlineData("a\0b\r\n.\r\n", "550 5.6.0 NUL")]
    [Trait("Threat", "S1")]
    public void Names_the_reason_when_content_breaks_the_rule_of_lines(string content, string expected)
    {
        using var bench = InData(false);
        bench.Send(content);
        Assert.StartsWith(expected, bench.Read(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
        Assert.Empty(bench.Intake.Messages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Threat", "S8")]
    public void Refuses_long_lines_and_large_messages_and_goes_on(bool octetByOctet)
    {
        using var bench = InData(octetByOctet, static settings => settings with { Limits = new SmtpLimits { TextLine = 100, MessageSize = 1000 } });
        bench.Send(new string('x', 101) + "\r\n.\r\n");
        Assert.StartsWith("550 5.6.0 Line", bench.Read(), StringComparison.Ordinal);
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        bench.Read();
        bench.Send(string.Concat(Enumerable.Repeat("0123456789\r\n", 100)) + ".\r\n");
        Assert.StartsWith("552 5.3.4", bench.Read(), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("NOOP"), StringComparison.Ordinal);
        Assert.Empty(bench.Intake.Messages);
        Assert.Equal(bench.Intake.Begun, bench.Intake.Disposed);
    }

    [Fact]
    [Trait("Threat", "S8")]
    public void Closes_on_content_without_measure()
    {
        using var bench = InData(false, static settings => settings with { Limits = new SmtpLimits { MessageSize = 1000 } });
        var line = Encoding.ASCII.GetBytes(new string('x', 65534) + "\r\n");
        for (var i = 0; i < 300 && !bench.Closed; i++) bench.Send(line);
        Assert.StartsWith("552 5.3.4", bench.Read(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
    }

    [Theory]
    [InlineData("NOOP\nNOOP\r\n", "500 5.5.2 Bare LF", true)]
    [InlineData("NOOP\n", "500 5.5.2 Bare LF", true)]
    [InlineData("NOOP\rRSET\r\n", "500 5.5.2 Bare CR", false)]
    [InlineData("NO\0OP\r\n", "500 5.5.2 NUL", false)]
    [InlineData("NOOP\r\r\n", "500 5.5.2 Bare CR", false)]
    [InlineData("\r\n", "500 5.5.2", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n", "521 5.5.1", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: x\r\n", "521 5.5.1", true)]
    [InlineData("PRI * HTTP/2.0\r\n", "521 5.5.1", true)]
    [Trait("Threat", "S5")]
    public void Refuses_what_is_no_command_line(string line, string expected, bool closes)
    {
        foreach (var octetByOctet in (bool[])[false, true])
        {
            using var bench = new SessionBench { OctetByOctet = octetByOctet }.Greeted();
            bench.Send(line);
            var said = bench.Read();
            Assert.StartsWith(expected, said, StringComparison.Ordinal);
            Assert.Single(said.Split("\r\n", StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(closes, bench.Closed);
        }
    }

    [Fact]
    [Trait("Threat", "S5")]
    public void Closes_on_a_tls_hello_in_the_clear()
    {
        using var bench = new SessionBench().Start();
        bench.Read();
        bench.Send([0x16, 0x03, 0x01, 0x02, 0x00]);
        Assert.StartsWith("521", bench.Read(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
    }

    [Fact]
    [Trait("Threat", "S7")]
    public void Refuses_who_speaks_before_the_greeting()
    {
        using var bench = new SessionBench();
        bench.SendPiece("EHLO x\r\n"u8);
        bench.Start();
        Assert.StartsWith("554 5.5.1", bench.Read(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
    }

    [Fact]
    [Trait("Threat", "S8")]
    public void Refuses_long_commands_once_each_and_goes_on()
    {
        using var bench = new SessionBench().Greeted();
        foreach (var length in (int[])[4091, 4092, 5000, 100_000])
            foreach (var piece in (int[])[1 << 20, 1000])
            {
                var line = Encoding.ASCII.GetBytes("NOOP " + new string('x', length - 5) + "\r\n");
                foreach (var part in line.Chunk(piece)) bench.SendPiece(part);
                Assert.StartsWith(length + 2 <= 4096 ? "250" : "500 5.5.2 Line too long", bench.Read(), StringComparison.Ordinal);
            }

        Assert.StartsWith("250", bench.Say("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "S8")]
    public void Closes_on_a_line_without_end()
    {
        using var bench = new SessionBench().Greeted();
        var piece = new byte[60_000];
        piece.AsSpan().Fill((byte)'x');
        for (var i = 0; i < 40 && !bench.Closed; i++) bench.Send(piece);
        Assert.StartsWith("500", bench.Read(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
    }

    [Fact]
    [Trait("Threat", "S8")]
    public void Closes_after_too_many_errors_or_idle_commands()
    {
        using var wrong = new SessionBench().Greeted();
        for (var i = 1; i < 20; i++) Assert.StartsWith("500", wrong.Say("WHAT"), StringComparison.Ordinal);
        Assert.StartsWith("421 4.7.0", wrong.Say("WHAT"), StringComparison.Ordinal);
        Assert.True(wrong.Closed);
        using var idle = new SessionBench().Greeted();
        for (var i = 2; i <= 200; i++) Assert.StartsWith("250", idle.Say("NOOP"), StringComparison.Ordinal);
        Assert.StartsWith("421 4.7.0", idle.Say("NOOP"), StringComparison.Ordinal);
        Assert.True(idle.Closed);
    }

    [Fact]
    [Trait("Threat", "S8")]
    public void Limits_recipients()
    {
        using var bench = new SessionBench(static settings => settings with { Limits = new SmtpLimits { Recipients = 3 } }).Greeted();
        bench.Say("MAIL FROM:<a@b>");
        for (var i = 0; i < 3; i++) Assert.StartsWith("250", bench.Say($"RCPT TO:<r{i}@b>"), StringComparison.Ordinal);
        Assert.StartsWith("452 4.5.3", bench.Say("RCPT TO:<r4@b>"), StringComparison.Ordinal);
        Assert.StartsWith("354", bench.Say("DATA"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BDAT", "501 5.5.4")]
    [InlineData("BDAT -5 LAST", "501 5.5.4")]
    [InlineData("BDAT +5", "501 5.5.4")]
    [InlineData("BDAT 9223372036854775808", "501 5.5.4")]
    [InlineData("BDAT 18446744073709551620", "501 5.5.4")]
    [InlineData("BDAT 99999999999999999999999999", "501 5.5.4")]
    [InlineData("BDAT 0x10", "501 5.5.4")]
    [InlineData("BDAT 9223372036854775807", "552 5.3.4")]
    [InlineData("BDAT 99999999999", "552 5.3.4")]
    [Trait("Threat", "S6")]
    public void Closes_when_the_end_of_a_chunk_cannot_be_known(string command, string expected)
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n");
        bench.Read();
        bench.Send(command + "\r\nQUIT\r\n");
        var said = bench.Read();
        Assert.StartsWith(expected, said, StringComparison.Ordinal);
        Assert.Single(said.Split("\r\n", StringSplitOptions.RemoveEmptyEntries));
        Assert.True(bench.Closed);
    }

    [Theory]
    [InlineData("", "503 5.5.1")]
    [InlineData("MAIL FROM:<a@b>\r\n", "503 5.5.1")]
    [InlineData("MAIL FROM:<a@b>\r\nRCPT TO:<bad@b>\r\n", "554 5.5.1")]
    [Trait("Threat", "S6")]
    public void Takes_the_octets_of_a_refused_chunk_from_the_stream(string before, string expected)
    {
        foreach (var octetByOctet in (bool[])[false, true])
        {
            using var bench = new SessionBench { OctetByOctet = octetByOctet }.Greeted();
            bench.Intake.OnRecipient = static _ => MilSwitch.Domain.Intake.Refusal.RelayingDenied;
            bench.Send(before);
            bench.Read();
            bench.Send("BDAT 12\r\nQUIT\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n");
            var said = bench.Read().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(3, said.Length);
            Assert.StartsWith(expected, said[0], StringComparison.Ordinal);
            Assert.StartsWith("503", said[1], StringComparison.Ordinal);
            Assert.StartsWith("250", said[2], StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Threat", "S6")]
    public void Fails_the_transaction_after_a_bad_chunk_until_it_is_reset()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n");
        bench.Read();
        bench.Send("BDAT 2 LASTT\r\nxx");
        Assert.StartsWith("501 5.5.4", bench.Read(), StringComparison.Ordinal);
        Assert.StartsWith("503", bench.Say("RCPT TO:<c@b>"), StringComparison.Ordinal);
        bench.Send("BDAT 6\r\nQUIT\r\n");
        Assert.StartsWith("503", bench.Read(), StringComparison.Ordinal);
        Assert.StartsWith("503", bench.Say("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("RSET"), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("MAIL FROM:<a@b>"), StringComparison.Ordinal);
        Assert.Empty(bench.Intake.Messages);
    }

    [Fact]
    [Trait("Threat", "S2")]
    public void Holds_chunks_that_are_not_binary_to_the_rules_of_lines()
    {
        foreach (var (content, expected) in ((string, string)[])[("a\n.\r\nb", "550 5.6.0 Bare LF"), ("a\r.\r\n", "550 5.6.0 Bare CR"), ("a\0", "550 5.6.0 NUL"), ("a\r", "550 5.6.0 Bare CR")])
        {
            foreach (var octetByOctet in (bool[])[false, true])
            {
                using var bench = new SessionBench { OctetByOctet = octetByOctet }.Greeted();
                bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n");
                bench.Read();
                bench.Send($"BDAT {content.Length} LAST\r\n{content}");
                Assert.StartsWith(expected, bench.Read(), StringComparison.Ordinal);
                Assert.Empty(bench.Intake.Messages);
                Assert.StartsWith("250", bench.Say("MAIL FROM:<a@b>"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Joins_a_line_end_cut_by_chunks()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 2\r\na\rBDAT 2 LAST\r\n\nb");
        Assert.Equal(4, bench.Read().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal("a\r\nb", Assert.Single(bench.Intake.Messages).Text);
    }

    [Fact]
    [Trait("Threat", "S6")]
    public void Counts_tiny_chunks()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n");
        for (var i = 0; i < 300 && !bench.Closed; i++) bench.Send("BDAT 1\r\nx");
        Assert.EndsWith("421 4.7.0 Too many commands without mail\r\n", bench.Read(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
    }
}
