using MilSwitch.Domain.Addressing;
using System.Net;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>XCLIENT (Postfix, XCLIENT_README): who may say it, and what is left of the session afterwards.</summary>
[Trait("Feature", "A-19")]
public sealed class ClientNamingTests
{
    private const string Greeting = "220 mx.example.mil ESMTP";

    // The bench's client, 192.0.2.7, is the proxy.
    private static SmtpListenerSettings Named(SmtpListenerSettings settings) => settings with
    {
        ClientNamers = [IPNetwork.Parse("192.0.2.7/32")],
        Clients =
        [
            new ClientNetwork(IPNetwork.Parse("198.51.100.0/24")) { HighestPrecedence = Precedence.Immediate, LowerPrecedence = false },
            new ClientNetwork(IPNetwork.Parse("2001:db8::/32")),
        ],
    };

    private static ClientIdentity Send(SessionBench bench)
    {
        Assert.StartsWith("250", bench.Say("MAIL FROM:<a@example.mil>"), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("RSET"), StringComparison.Ordinal);
        return bench.Intake.LastClient!;
    }

    [Fact]
    public void The_session_begins_again_as_that_of_another_client()
    {
        using var bench = new SessionBench(Named);
        Transcript.Play(bench, """
            S: 220 mx.example.mil ESMTP
            C: EHLO proxy.example
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
            S: 250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT
            S: 250 HELP
            C: XCLIENT NAME=client.example ADDR=198.51.100.9
            S: 220 mx.example.mil ESMTP
            C: MAIL FROM:<a@example.mil>
            S: 503 5.5.1 Bad sequence of commands
            C: HELO client.example
            S: 250 mx.example.mil
            C: MAIL FROM:<a@example.mil>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<b@example.org>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 *
            C: text
            C: .
            S: 250 2.0.0 *
            """);
        var client = bench.Intake.LastClient!;
        Assert.Equal(("198.51.100.9", true, Precedence.Immediate, false), (client.Address, client.MayRelay, client.HighestPrecedence, client.LowerPrecedence));
        var origin = Assert.Single(bench.Intake.Messages).Envelope.Origin;
        Assert.Equal(("198.51.100.9", "client.example"), (origin.ClientAddress, origin.Helo));
    }

    [Theory]
    [InlineData("XCLIENT ADDR=IPV6:2001:db8::9", "2001:db8::9", true)]
    [InlineData("xclient addr=ipv6:2001:DB8:0::9", "2001:db8::9", true)]
    [InlineData("XCLIENT ADDR=IPV6:::ffff:198.51.100.9", "198.51.100.9", true)]
    [InlineData("XCLIENT ADDR=198.51.100+2E9 PORT=4711 DESTADDR=192.0.2.1 DESTPORT=25 NAME=[TEMPUNAVAIL]", "198.51.100.9", true)]
    [InlineData("XCLIENT ADDR=203.0.113.9 PORT=[UNAVAILABLE] DESTADDR=[UNAVAILABLE] NAME=[unavailable]", "203.0.113.9", false)]
    [InlineData("XCLIENT ADDR=[unavailable]", "0.0.0.0", false)]
    [InlineData("XCLIENT NAME=client.example", "192.0.2.7", false)]
    public void The_address_counts_for_what_the_client_may(string command, string address, bool mayRelay)
    {
        using var bench = new SessionBench(Named).Greeted();
        Assert.Equal(Greeting, bench.Say(command));
        bench.Say("EHLO client.example");
        var client = Send(bench);
        Assert.Equal((address, mayRelay), (client.Address, client.MayRelay));
    }

    [Theory]
    [InlineData("HELO=client.example PROTO=SMTP", false)]
    [InlineData("PROTO=esmtp HELO=client.example", true)]
    [InlineData("HELO=client.example", false)]
    public void A_name_from_HELO_stands_for_HELO(string attributes, bool extended)
    {
        using var bench = new SessionBench(Named).Greeted();
        Assert.Equal(Greeting, bench.Say("XCLIENT ADDR=198.51.100.9"));
        Assert.Equal(Greeting, bench.Say("XCLIENT " + attributes));
        var client = Send(bench);
        Assert.Equal(("198.51.100.9", "client.example"), (client.Address, client.Helo));
        Assert.StartsWith(extended ? "250" : "555", bench.Say("MAIL FROM:<a@example.mil> SIZE=1"), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Threat", "S14")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" ADDR")]
    [InlineData(" ADDR=")]
    [InlineData(" ADDR=198.51.100.9 ADDR=198.51.100.9")]
    [InlineData(" ADDR=198.51.100.009")]
    [InlineData(" ADDR=[198.51.100.9]")]
    [InlineData(" ADDR=[TEMPUNAVAIL]")]
    [InlineData(" ADDR=2001:db8::9")]
    [InlineData(" ADDR=IPV6:198.51.100.9")]
    [InlineData(" ADDR=IPV6:")]
    [InlineData(" ADDR=localhost")]
    [InlineData(" PORT=65536")]
    [InlineData(" PORT=x")]
    [InlineData(" PROTO=LMTP")]
    [InlineData(" PROTO=[UNAVAILABLE]")]
    [InlineData(" HELO=a+20b")]
    [InlineData(" HELO=a+0D+0AReceived")]
    [InlineData(" NAME=a+2")]
    [InlineData(" LOGIN=a+0Ab")]
    [InlineData(" SOURCE=LOCAL")]
    [InlineData(" ADDR=198.51.100.9 IDENT=1")]
    public void What_is_not_understood_changes_nothing(string arguments)
    {
        using var bench = new SessionBench(Named).Greeted();
        Assert.Equal("501 5.5.4 Syntax error in arguments", bench.Say("XCLIENT" + arguments));
        var client = Send(bench);
        Assert.Equal(("192.0.2.7", "client.example", null), (client.Address, client.Helo, client.AuthenticatedAs));
    }

    [Fact]
    public void A_value_has_255_octets_at_most()
    {
        using var bench = new SessionBench(Named).Greeted();
        Assert.StartsWith("501", bench.Say("XCLIENT NAME=" + new string('a', 256)), StringComparison.Ordinal);
        Assert.Equal(Greeting, bench.Say("XCLIENT NAME=" + new string('a', 255)));
    }

    [Fact]
    public void Has_no_place_inside_a_transaction()
    {
        using var bench = new SessionBench(Named).Greeted();
        bench.Say("MAIL FROM:<a@example.mil>");
        Assert.Equal("503 5.5.1 Bad sequence of commands", bench.Say("XCLIENT ADDR=198.51.100.9"));
        Assert.StartsWith("250", bench.Say("RCPT TO:<b@example.org>"), StringComparison.Ordinal);
        Assert.Equal("503 5.5.1 Bad sequence of commands", bench.Say("XCLIENT ADDR=198.51.100.9"));
        bench.Say("RSET");
        Assert.Equal(Greeting, bench.Say("XCLIENT ADDR=198.51.100.9"));
    }

    [Theory]
    [Trait("Threat", "S12")]
    [InlineData("stranger")]
    [InlineData("off")]
    [InlineData("TLS needed")]
    public void Whoever_may_not_use_it_hears_what_a_switch_without_it_says(string why)
    {
        using var bench = new SessionBench(
            settings => why switch
            {
                "off" => Named(settings) with { ClientNamers = [] },
                "TLS needed" => Named(settings) with { TlsMode = ListenerTlsMode.Required, Certificate = TlsTests.ServerCertificate },
                _ => Named(settings),
            },
            why is "stranger" ? "198.51.100.9" : "192.0.2.7").Start();
        bench.Read();
        Assert.DoesNotContain("XCLIENT", bench.Say("EHLO client.example"), StringComparison.Ordinal);
        foreach (var command in (string[])["XCLIENT ADDR=203.0.113.1", "XCLIENT", "XCLIENT LOGIN=ship"])
            Assert.Equal(bench.Say("TURN"), bench.Say(command));
    }

    [Fact]
    [Trait("Threat", "S12")]
    public void The_right_to_it_stays_with_the_connection()
    {
        using var bench = new SessionBench(Named).Greeted();
        Assert.Equal(Greeting, bench.Say("XCLIENT ADDR=203.0.113.1"));
        Assert.Contains("250-XCLIENT", bench.Say("EHLO client.example"), StringComparison.Ordinal);
        Assert.Equal(Greeting, bench.Say("XCLIENT ADDR=198.51.100.9"));
        // A client that is named can't become one that names: its own address never counts.
        using var other = new SessionBench(Named, "203.0.113.5").Greeted();
        Assert.StartsWith("502", other.Say("XCLIENT ADDR=192.0.2.7"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "S12")]
    public void An_account_is_named_if_there_is_one_and_is_gone_with_the_next_client()
    {
        using var bench = new SessionBench(static settings => Named(settings) with { RequireAuthentication = true });
        bench.Intake.Accounts["ship"] = new Account("ship") { HighestPrecedence = Precedence.Flash, Addresses = MailboxSet.TryRead(["a@example.mil"], out var own, out _) ? own : null };
        bench.Greeted();
        Assert.Equal("550 5.7.1 No such account", bench.Say("XCLIENT ADDR=198.51.100.9 LOGIN=ghost"));
        Assert.StartsWith("530", bench.Say("MAIL FROM:<a@example.mil>"), StringComparison.Ordinal);

        Assert.Equal(Greeting, bench.Say("XCLIENT ADDR=198.51.100.9 LOGIN=ship"));
        bench.Say("EHLO client.example");
        var client = Send(bench);
        Assert.Equal(("198.51.100.9", "ship", Precedence.Flash), (client.Address, client.AuthenticatedAs, client.HighestPrecedence));
        Assert.StartsWith("550", bench.Say("MAIL FROM:<b@example.mil>"), StringComparison.Ordinal);

        foreach (var next in (string[])["ADDR=198.51.100.10", "LOGIN=[UNAVAILABLE]", "HELO=client.example"])
        {
            Assert.Equal(Greeting, bench.Say("XCLIENT LOGIN=ship"));
            Assert.Equal(Greeting, bench.Say("XCLIENT " + next));
            bench.Say("EHLO client.example");
            Assert.StartsWith("530", bench.Say("MAIL FROM:<a@example.mil>"), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Threat", "F5")]
    public void Is_bounded_as_other_commands_without_mail()
    {
        using var bench = new SessionBench(static settings => Named(settings) with { Limits = new SmtpLimits { IdleCommands = 10 } }).Greeted();
        for (var i = 0; i < 9; i++) Assert.Equal(Greeting, bench.Say("XCLIENT ADDR=198.51.100.9"));
        Assert.Equal("421 4.7.0 Too many commands without mail", bench.Say("XCLIENT ADDR=198.51.100.9"));
        Assert.True(bench.Closed);
    }
}
