using System.Net;
using System.Text;
using MilSwitch.Domain.Intake;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>ETRN (RFC 1985): which queues a client may start, and what it hears.</summary>
[Trait("Feature", "A-21")]
public sealed class RemoteQueueStartTests
{
    private const string Greeting = "S: 220 mx.example.mil ESMTP\nC: EHLO ship.example\n";

    private static readonly string Hello = Greeting + string.Concat(Offers("ETRN").Select(static offer => $"S: {offer}\n"));

    private static string[] Offers(params string[] further)
    {
        string[] offers = ["mx.example.mil", "PIPELINING", "SIZE 67108864", "8BITMIME", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN",
            "MT-PRIORITY STANAG4406", "DELIVERBY 10", .. further];
        return [.. offers.Select(static offer => "250-" + offer), "250 HELP"];
    }

    private static SmtpListenerSettings Relay(SmtpListenerSettings settings) =>
        settings with { StartsQueues = true, Clients = [new ClientNetwork(IPNetwork.Parse("192.0.2.0/24"))] };

    [Fact]
    public void Starts_the_queues_of_a_domain_and_of_those_below()
    {
        using var bench = new SessionBench(Relay);
        Transcript.Play(bench, Hello + """
            C: ETRN Ship.Example
            S: 250 2.0.0 Queuing for node started
            C: etrn @ship.example
            S: 250 2.0.0 Queuing for node started
            """);
        Assert.Equal([("192.0.2.7", "ship.example", false), ("192.0.2.7", "ship.example", true)], bench.Intake.QueueStarts);
    }

    [Theory]
    [InlineData(QueueStart.NothingWaits, "251 2.0.0 No messages waiting for node")]
    [InlineData(QueueStart.NoRoute, "459 4.4.4 Node not allowed: no route")]
    [InlineData(QueueStart.Unable, "458 4.3.0 Unable to queue messages for node")]
    public void Says_what_came_of_it(QueueStart outcome, string reply)
    {
        using var bench = new SessionBench(Relay);
        bench.Intake.OnQueueStart = outcome;
        Transcript.Play(bench, Hello + $"C: ETRN ship.example\nS: {reply}\n");
    }

    [Theory]
    [InlineData("ETRN")]
    [InlineData("ETRN @")]
    [InlineData("ETRN #")]
    [InlineData("ETRN localname")]
    [InlineData("ETRN @example")]
    [InlineData("ETRN @example.")]
    [InlineData("ETRN [192.0.2.9]")]
    [InlineData("ETRN a b")]
    [InlineData("ETRN @@ship.example")]
    [InlineData("ETRN *.example")]
    public void Takes_nothing_but_a_fully_qualified_domain(string command)
    {
        using var bench = new SessionBench(Relay).Greeted();
        Assert.Equal("501 5.5.4 Syntax error in arguments", bench.Say(command));
        Assert.Empty(bench.Intake.QueueStarts);
    }

    [Fact]
    public void Has_no_queues_with_names_of_their_own()
    {
        using var bench = new SessionBench(Relay).Greeted();
        Assert.Equal("459 4.4.4 Node not allowed: no such queue", bench.Say("ETRN #fast"));
        Assert.Empty(bench.Intake.QueueStarts);
    }

    [Fact]
    public void Has_no_place_before_EHLO_or_inside_a_transaction()
    {
        using var bench = new SessionBench(Relay);
        Transcript.Play(bench, "S: 220 mx.example.mil ESMTP\nC: ETRN ship.example\nS: 503 5.5.1 Bad sequence of commands\nC: HELO ship.example\nS: 250 mx.example.mil\n" + """
            C: MAIL FROM:<a@example.mil>
            S: 250 2.1.0 Sender OK
            C: ETRN ship.example
            S: 503 5.5.1 Bad sequence of commands
            C: RCPT TO:<b@example.org>
            S: 250 2.1.5 Recipient OK
            C: ETRN ship.example
            S: 503 5.5.1 Bad sequence of commands
            C: RSET
            S: 250 2.0.0 OK
            C: ETRN ship.example
            S: 250 2.0.0 Queuing for node started
            """);
    }

    [Theory]
    [Trait("Threat", "S12")]
    [InlineData("stranger")]
    [InlineData("off")]
    [InlineData("submission")]
    [InlineData("account needed")]
    [InlineData("TLS needed")]
    public void Whoever_may_not_use_it_hears_what_a_switch_without_it_says(string why)
    {
        using var bench = new SessionBench(settings => why switch
        {
            "stranger" => Relay(settings) with { Clients = [new ClientNetwork(IPNetwork.Parse("198.51.100.0/24"))] },
            "off" => Relay(settings) with { StartsQueues = false },
            "submission" => Relay(settings) with { Role = ListenerRole.Submission },
            "account needed" => Relay(settings) with { RequireAuthentication = true },
            _ => Relay(settings) with { TlsMode = ListenerTlsMode.Required, Certificate = TlsTests.ServerCertificate },
        }).Start();
        bench.Read();
        Assert.DoesNotContain("ETRN", bench.Say("EHLO ship.example"), StringComparison.Ordinal);
        foreach (var command in (string[])["ETRN ship.example", "ETRN", "ETRN @nowhere.example"])
            Assert.Equal(bench.Say("TURN"), bench.Say(command));
        Assert.Empty(bench.Intake.QueueStarts);
    }

    [Fact]
    public void An_account_is_enough()
    {
        using var bench = new SessionBench(static settings => settings with { StartsQueues = true, AuthMechanisms = ["SCRAM-SHA-256"] });
        bench.Intake.Accounts["ship"] = new Account("ship") { Scram = AuthenticationTests.Verifier("secret", [1, 2, 3, 4, 5, 6, 7, 8], 4096) };
        bench.Greeted();
        Assert.StartsWith("502", bench.Say("ETRN ship.example"), StringComparison.Ordinal);
        Assert.StartsWith("334", AuthenticationTests.Exchange(bench, "ship", "secret"), StringComparison.Ordinal);
        Assert.StartsWith("235", bench.Say(""), StringComparison.Ordinal);
        Assert.Contains("250-ETRN\r\n", bench.Say("EHLO ship.example"), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("ETRN ship.example"), StringComparison.Ordinal);
        Assert.Equal(("ship", "ship.example", false), Assert.Single(bench.Intake.QueueStarts));
    }

    [Fact]
    [Trait("Threat", "F5")]
    public void Is_bounded_as_other_commands_without_mail()
    {
        using var bench = new SessionBench(static settings => Relay(settings) with { Limits = new SmtpLimits { IdleCommands = 10 } }).Greeted();
        var replies = new StringBuilder();
        for (var i = 0; i < 20; i++) replies.Append(bench.Say("ETRN ship.example")).Append('\n');
        Assert.EndsWith("421 4.7.0 Too many commands without mail", replies.ToString().TrimEnd(), StringComparison.Ordinal);
        Assert.True(bench.Closed);
        Assert.Equal(9, bench.Intake.QueueStarts.Count);
    }
}
