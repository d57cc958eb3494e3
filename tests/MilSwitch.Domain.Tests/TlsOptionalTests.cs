using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Tests;

/// <summary>RFC 8689 §4.2.2: which link a message takes that says <c>TLS-Required: No</c>.</summary>
[Trait("Feature", "A-08")]
public sealed class TlsOptionalTests
{
    private static readonly Envelope Plain = new()
    {
        ReversePath = ReversePath.Null, Recipients = [], ArrivedAt = DateTimeOffset.UnixEpoch, Origin = new Origin { Listener = "in" },
    };

    private static readonly LinkSettings Strict = new()
    {
        Name = new LinkName("hop"), HeloName = "sw", Connections = 20, Tls = new LinkTls(LinkTlsMode.Required) { CaFile = "ca.pem" },
    };

    private static readonly LinkSettings Lenient = Strict with { Tls = Strict.Tls with { SenderMayRelax = true } };

    [Fact]
    public void A_required_link_stays_required_unless_the_operator_lets_the_sender_relax_it()
    {
        Assert.Same(Strict, Strict.For(Plain with { TlsOptional = true }));
        Assert.Same(Lenient, Lenient.For(Plain));
        var relaxed = Lenient.For(Plain with { TlsOptional = true });
        Assert.Equal((LinkTlsMode.Opportunistic, "hop (TLS optional)", 2), (relaxed.Tls.Mode, relaxed.Name.Value, relaxed.Connections));
    }

    [Theory]
    [InlineData(LinkTlsMode.None)]
    [InlineData(LinkTlsMode.Opportunistic)]
    public void Other_links_are_as_they_are(LinkTlsMode mode)
    {
        var link = Strict with { Tls = new LinkTls(mode) { SenderMayRelax = true } };
        Assert.Same(link, link.For(Plain with { TlsOptional = true }));
    }

    [Fact]
    public void A_queue_that_was_relaxed_is_strict_again_when_the_permission_is_gone()
    {
        var name = new LinkName("hop").Relaxed;
        Assert.Equal(new LinkName("hop"), name.Configured);
        Assert.Equal((name, LinkTlsMode.Opportunistic), (Lenient.Named(name).Name, Lenient.Named(name).Tls.Mode));
        Assert.Equal((name, LinkTlsMode.Required), (Strict.Named(name).Name, Strict.Named(name).Tls.Mode));
        Assert.Same(Strict, Strict.Named(Strict.Name));
    }

    [Fact]
    public void Rules_for_the_link_cover_the_queue_beside_it()
    {
        var name = new LinkName("hop").Relaxed;
        var rules = new RuleBook(
        [
            new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = "link:hop", Level = Precedence.Flash, Reason = "x" },
            new OperatorRule { Id = "r", Kind = RuleKind.Reroute, Scope = "node", Link = new LinkName("hop"), Reason = "x" },
        ]);
        Assert.Equal(Precedence.Flash, rules.LowestOn(name, DateTimeOffset.UnixEpoch));
        var verdict = rules.Judge(ReversePath.Null, new Recipient(Mailbox.Parse("a@b.example")) { Precedence = Precedence.Routine }, name, DateTimeOffset.UnixEpoch);
        Assert.Equal("m", verdict.Rule!.Id);
    }
}
