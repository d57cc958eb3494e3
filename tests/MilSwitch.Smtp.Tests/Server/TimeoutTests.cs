using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

[Trait("Threat", "S9")]
public sealed class TimeoutTests
{
    [Fact]
    public void Ends_a_session_that_says_nothing()
    {
        using var bench = new SessionBench().Greeted();
        bench.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(2));
        Assert.False(bench.Closed);
        bench.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("421 4.4.2 Timeout\r\n", bench.Read());
        Assert.True(bench.Closed);
    }

    [Fact]
    public void Does_not_prolong_a_command_for_octets_that_trickle()
    {
        using var bench = new SessionBench().Greeted();
        for (var i = 0; i < 301 && !bench.Closed; i++)
        {
            bench.Send("x");
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(bench.Closed);
        Assert.StartsWith("421 4.4.2", bench.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_each_command_its_own_time()
    {
        using var bench = new SessionBench().Greeted();
        for (var i = 0; i < 10; i++)
        {
            bench.Time.Advance(TimeSpan.FromMinutes(4));
            Assert.StartsWith("250", bench.Say("NOOP"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Ends_content_that_stops()
    {
        using var bench = new SessionBench(static settings => settings with { Limits = new SmtpLimits { MinimumRate = 0 } }).Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n");
        bench.Read();
        bench.Time.Advance(TimeSpan.FromSeconds(178));
        bench.Send("y\r\n");
        bench.Time.Advance(TimeSpan.FromSeconds(178));
        Assert.False(bench.Closed);
        bench.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.StartsWith("421 4.4.2", bench.Read(), StringComparison.Ordinal);
        Assert.Equal(bench.Intake.Begun, bench.Intake.Disposed);
    }

    [Fact]
    public void Ends_content_that_drips()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        bench.Read();
        var seconds = 0;
        for (; seconds < 600 && !bench.Closed; seconds++)
        {
            bench.Send("x");
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(seconds, 55, 65);
        Assert.StartsWith("421 4.4.2", bench.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bears_content_that_keeps_the_pace()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
        bench.Read();
        var line = new string('x', 118) + "\r\n";
        for (var seconds = 0; seconds < 600; seconds++)
        {
            bench.Send(line);
            bench.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.StartsWith("250", bench.Say("."), StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_the_time_between_chunks()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n");
        bench.Read();
        for (var i = 0; i < 20 && !bench.Closed; i++)
        {
            bench.Send("BDAT 1\r\nx");
            bench.Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.True(bench.Closed);
        Assert.EndsWith("421 4.4.2 Timeout\r\n", bench.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Closes_an_idle_session_when_the_server_goes_down()
    {
        using var bench = new SessionBench().Greeted();
        bench.Shutdown();
        Assert.Equal("421 4.3.2 Closing down\r\n", bench.Read());
        Assert.True(bench.Closed);
    }

    [Fact]
    public void Finishes_the_transaction_before_it_closes()
    {
        using var bench = new SessionBench().Greeted();
        bench.Say("MAIL FROM:<a@b>");
        bench.Shutdown();
        Assert.Empty(bench.Read());
        Assert.StartsWith("250", bench.Say("RCPT TO:<a@b>"), StringComparison.Ordinal);
        Assert.StartsWith("354", bench.Say("DATA"), StringComparison.Ordinal);
        var said = bench.Say("x\r\n.").Split("\r\n");
        Assert.StartsWith("250 2.0.0", said[0], StringComparison.Ordinal);
        Assert.Equal("421 4.3.2 Closing down", said[1]);
        Assert.True(bench.Closed);
        Assert.Single(bench.Intake.Messages);
    }

    [Fact]
    public void Forgets_a_message_when_the_client_hangs_up_inside_it()
    {
        using var bench = new SessionBench().Greeted();
        bench.Send("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n");
        bench.HangUp();
        Assert.True(bench.Closed);
        Assert.Empty(bench.Intake.Messages);
        Assert.Equal((1, 1), (bench.Intake.Begun, bench.Intake.Disposed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Ends_a_handshake_that_stops(int octets)
    {
        using var bench = new SessionBench(static settings => settings with { TlsMode = ListenerTlsMode.Implicit, Certificate = TlsTests.ServerCertificate }).Start();
        bench.Send(new byte[] { 0x16, 0x03, 0x01 }.AsSpan(0, octets));
        bench.Time.Advance(TimeSpan.FromSeconds(28));
        Assert.False(bench.Closed);
        bench.Time.Advance(TimeSpan.FromSeconds(3));
        await bench.Session.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(bench.Intake.Mails);
    }

    [Fact]
    public void Ends_a_session_whose_client_does_not_read()
    {
        using var bench = new SessionBench(outputThreshold: 1000).Start();
        for (var i = 0; i < 10; i++) bench.Send("EHLO client.example\r\n");
        bench.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(bench.Closed);
        bench.Time.Advance(TimeSpan.FromSeconds(62));
        Assert.True(bench.Closed);
    }
}
