using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Smtp.Client;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>What the envelope and the header make of a message before it takes its way: postmaster, wishes about TLS.</summary>
public sealed class IntakeRuleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly ClientIdentity Stranger = new() { Listener = "test", Role = ListenerRole.Relay, Address = "192.0.2.66" };

    [Theory]
    [Trait("Feature", "A-01")]
    [InlineData("Postmaster", null)]
    [InlineData("postmaster@switch.test", null)]
    [InlineData("postmaster@dest.test", Refusal.RelayingDenied)]
    [InlineData("somebody@switch.test", Refusal.RelayingDenied)]
    [InlineData("somebody@open.test", null)]
    public async Task Strangers_reach_postmaster_and_what_is_open(string recipient, Refusal? refusal)
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with
        {
            Routes = new RouteTable([.. c.Routes.Routes, new Route { Match = "open.test", Open = true, Link = c.Routes.Routes[0].Link }]),
        });
        Assert.Equal(refusal, await harness.Intake.RecipientAsync(Stranger, new MailRequest(ReversePath.Null), new Recipient(Mailbox.Parse(recipient)), default));
    }

    [Fact]
    [Trait("Feature", "A-21")]
    public async Task Can_start_no_queue_before_the_actor_system_is_up()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var services = new ServiceCollection().AddLogging()
            .AddSingleton<ISpool>(harness.Refusing).AddSingleton(TimeProvider.System).AddSingleton(harness.Service<IMailExchangerResolver>())
            .AddSwitching(SwitchHarness.Configuration(harness.Sink.Port));
        await using var notStarted = services.BuildServiceProvider();
        Assert.Equal(QueueStart.Unable, await notStarted.GetRequiredService<IIntake>().StartQueueAsync(Stranger, "dest.test", subdomains: false, default));
    }

    [Fact]
    [Trait("Feature", "A-01")]
    public async Task Postmaster_without_a_route_is_said_to_have_none()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Routes = new RouteTable([new Route { Match = "dest.test", Link = c.Routes.Routes[0].Link }]) });
        Assert.Equal(
            Refusal.NoRoute, await harness.Intake.RecipientAsync(Stranger, new MailRequest(ReversePath.Null), new Recipient(Mailbox.Parse("postmaster")), default));
    }

    [Fact]
    [Trait("Feature", "A-01")]
    public async Task Postmasters_mail_arrives_at_the_address_that_reads_it()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Postmaster = Mailbox.Parse("watch@hq.test") });
        await harness.SendAsync(to: ["Postmaster", "postmaster@switch.test", "b@dest.test"]);
        var arrived = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.Equal(3, arrived.Recipients.Count);
        Assert.Contains("<watch@hq.test>", arrived.Recipients[0], StringComparison.Ordinal);
        Assert.Contains("<watch@hq.test> ORCPT=rfc822;postmaster@switch.test", arrived.Recipients[1], StringComparison.Ordinal);
        Assert.Contains("<b@dest.test>", arrived.Recipients[2], StringComparison.Ordinal);
        Assert.Equal(["watch@hq.test"], (await harness.Operator.ExplainRouteAsync(Mailbox.Parse("postmaster"), default, Domain.Military.MilitaryFacts.None, default)).Steps
            .Where(s => s.Contains("postmaster of this switch", StringComparison.Ordinal)).Select(s => s[(s.LastIndexOf(' ') + 1)..]));
    }

    [Fact]
    [Trait("Feature", "A-08")]
    public async Task Mail_that_may_do_without_tls_gets_through_where_the_operator_allows_it()
    {
        await using var harness = await StartAsync(relax: true);
        var without = await harness.SendAsync("TLS-Required: No\r\nSubject: expired certificate\r\n\r\n");
        var usual = await harness.SendAsync();

        Assert.Equal("expired certificate", Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Field("Subject"));
        await harness.WaitForAsync(without.Id, m => m.State == MessageState.Done);
        Assert.Equal(MessageState.Queued, (await harness.Spool.ReadAsync(usual.Id))!.State);
        Assert.Equal("hop (TLS optional)", (await harness.Operator.LinksAsync(default)).Single(l => l.Delivered > 0).Name.Value);
    }

    [Fact]
    [Trait("Feature", "A-08")]
    public async Task A_report_about_it_may_do_without_tls_as_well()
    {
        await using var harness = await StartAsync(relax: true);
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient && step.Line.Contains("b@dest.test", StringComparison.Ordinal)
            ? SinkAction.Say("550 5.1.1 no such user") : null;
        await harness.SendAsync("TLS-Required: No\r\n\r\n");
        Assert.Equal("No", Assert.Single(await harness.Sink.WaitForAsync(1, Patience)).Field("TLS-Required"));
    }

    [Theory]
    [Trait("Feature", "A-08")]
    [InlineData(false, false, "TLS-Required: No\r\n\r\n")]
    [InlineData(true, true, "TLS-Required: No\r\n\r\n")]
    [InlineData(true, false, "TLS-Required: No\r\nTLS-Required: No\r\n\r\n")]
    [InlineData(true, false, "TLS-Required: maybe\r\n\r\n")]
    [InlineData(true, false, "Subject: x\r\n\r\nTLS-Required: No\r\n")]
    public async Task Nothing_goes_in_clear_over_a_link_that_requires_tls_otherwise(bool relax, bool requireTls, string text)
    {
        await using var harness = await StartAsync(relax);
        var sent = await harness.SendAsync(text, change: e => e with { RequireTls = requireTls });

        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.LinksAsync(default)).Any(l => l.LastFault.Contains("STARTTLS", StringComparison.Ordinal)), Patience, "the link has tried");
        Assert.Equal(0, harness.Sink.Accepted);
        var stored = await harness.Spool.ReadAsync(sent.Id);
        Assert.Equal(MessageState.Queued, stored!.State);
        Assert.False(stored.Envelope.TlsOptional && requireTls);
    }

    private static Task<SwitchHarness> StartAsync(bool relax) => SwitchHarness.StartAsync(c => c with
    {
        Routes = new RouteTable(
            [new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Tls = new LinkTls(LinkTlsMode.Required) { SenderMayRelax = relax } } }]),
    });
}
