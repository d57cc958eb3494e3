using System.Net;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "C-08")]
public sealed class MinimizeExemptionsTests
{
    private static readonly MinimizeExemptions Some = new()
    {
        Clients = [("a", IPNetwork.Parse("192.0.2.64/26"), false), ("a", IPNetwork.Parse("192.0.2.0/24"), true), ("b", IPNetwork.Parse("2001:db8::/32"), true)],
        Accounts = ["duty"],
    };

    [Theory]
    [InlineData("a", "192.0.2.1", null, true)]
    [InlineData("a", "192.0.2.65", null, false)]
    [InlineData("b", "192.0.2.1", null, false)]
    [InlineData("b", "2001:db8::7", null, true)]
    [InlineData("a", "198.51.100.1", "duty", true)]
    [InlineData("a", "192.0.2.1", "Duty", false)]
    [InlineData("a", "", null, false)]
    public void An_account_decides_alone_and_else_the_first_entry_of_the_listener(string listener, string address, string? account, bool mayExempt) =>
        Assert.Equal(mayExempt, Some.MayExempt(new ClientIdentity { Listener = listener, Role = ListenerRole.Relay, Address = address, AuthenticatedAs = account, MayRelay = true }));

    [Fact]
    public void A_connection_without_rights_has_not_this_one_either() =>
        Assert.False(Some.MayExempt(new ClientIdentity { Listener = "a", Role = ListenerRole.Relay, Address = "192.0.2.1", MayRelay = false }));

    [Fact]
    public void Nobody_may_by_default()
    {
        Assert.True(MinimizeExemptions.None.IsEmpty);
        Assert.True((Some with { Accounts = [], Clients = [Some.Clients[0]] }).IsEmpty);
        Assert.False((Some with { Accounts = [] }).IsEmpty);
        Assert.False((Some with { Clients = [] }).IsEmpty);
    }

    [Fact]
    public void Only_minimize_lets_pass_what_has_considered_it()
    {
        var link = new LinkName("hop");
        var minimize = new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = "node", Level = Precedence.Flash, Reason = "x" };
        var recipient = new Recipient(Mailbox.Parse("a@b.example")) { Precedence = Precedence.Routine };
        var considered = new Envelope
        {
            ReversePath = ReversePath.Null, Recipients = [recipient], ArrivedAt = DateTimeOffset.UnixEpoch, Origin = new Origin { Listener = "a" }, MinimizeConsidered = true,
        };
        Assert.Null(new RuleBook([minimize]).Judge(considered, recipient, link, DateTimeOffset.UnixEpoch).Kind);
        Assert.Equal(RuleKind.Minimize, new RuleBook([minimize]).Judge(considered with { MinimizeConsidered = false }, recipient, link, DateTimeOffset.UnixEpoch).Kind);
        Assert.Equal(
            RuleKind.Suspend,
            new RuleBook([minimize, minimize with { Id = "s", Kind = RuleKind.Suspend }]).Judge(considered, recipient, link, DateTimeOffset.UnixEpoch).Kind);
    }

    [Fact]
    public void Minimize_closes_no_link_where_messages_may_be_exempt_but_a_suspension_does()
    {
        var minimize = new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = "node", Level = Precedence.Flash, Reason = "x" };
        var rules = new RuleBook([minimize]);
        Assert.Equal(Precedence.Flash, rules.LowestOn(new LinkName("hop"), DateTimeOffset.UnixEpoch));
        Assert.Equal(Precedence.Deferred, rules.With(exemptions: true).LowestOn(new LinkName("hop"), DateTimeOffset.UnixEpoch));
        Assert.Equal(Precedence.Flash, rules.With(exemptions: true).With(exemptions: false).LowestOn(new LinkName("hop"), DateTimeOffset.UnixEpoch));
        Assert.Null(new RuleBook([minimize with { Kind = RuleKind.Suspend }], exemptions: true).LowestOn(new LinkName("hop"), DateTimeOffset.UnixEpoch));
    }
}
