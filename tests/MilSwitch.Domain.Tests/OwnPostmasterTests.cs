using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Domain.Tests;

/// <summary>RFC 5321 §4.5.1.</summary>
[Trait("Feature", "A-01")]
public sealed class OwnPostmasterTests
{
    private static readonly SwitchConfiguration Plain = new() { Node = "n1", HostName = "sw1.example.mil", Routes = new RouteTable([]) };

    [Theory]
    [InlineData("postmaster", true)]
    [InlineData("PostMaster", true)]
    [InlineData("POSTMASTER@SW1.example.mil", true)]
    [InlineData("postmaster@mail.example.mil", true)]
    [InlineData("postmaster@example.mil", false)]
    [InlineData("postmaster2@sw1.example.mil", false)]
    [InlineData("abuse@sw1.example.mil", false)]
    public void Knows_its_own_postmaster(string address, bool own) =>
        Assert.Equal(own, (Plain with { OwnNames = ["mail.example.mil"] }).IsOwnPostmaster(Mailbox.Parse(address)));

    [Fact]
    public void Mail_for_postmaster_alone_goes_to_the_first_further_name_else_to_the_host_name()
    {
        Assert.Equal("postmaster@sw1.example.mil", Resolve(Plain, "Postmaster").Address.Text);
        Assert.Equal("postmaster@mail.example.mil", Resolve(Plain with { OwnNames = ["mail.example.mil", "b.example.mil"] }, "Postmaster").Address.Text);
    }

    [Fact]
    public void Without_an_address_of_its_own_postmaster_at_an_own_name_stays_as_it_is() =>
        Assert.Equal("PostMaster@sw1.example.mil", Resolve(Plain, "PostMaster@sw1.example.mil").Address.Text);

    [Fact]
    public void The_configured_address_gets_the_mail_for_every_own_name_and_the_report_names_the_one_that_was_written_to()
    {
        var configuration = Plain with { Postmaster = Mailbox.Parse("watch@hq.example.mil") };

        var resolved = Resolve(configuration, "PostMaster@sw1.example.mil");
        Assert.Equal("watch@hq.example.mil", resolved.Address.Text);
        Assert.Equal(new OriginalRecipient("rfc822", "PostMaster@sw1.example.mil"), resolved.OriginalRecipient);
        Assert.Null(Resolve(configuration, "postmaster").OriginalRecipient);
        Assert.Equal("x@y.example", configuration.Resolve(new Recipient(Mailbox.Parse("postmaster")) { OriginalRecipient = new("rfc822", "x@y.example") }).OriginalRecipient!.Address);
    }

    [Fact]
    public void Everybody_else_stays()
    {
        var recipient = new Recipient(Mailbox.Parse("a@example.mil"));
        Assert.Same(recipient, (Plain with { Postmaster = Mailbox.Parse("watch@hq.example.mil") }).Resolve(recipient));
    }

    private static Recipient Resolve(SwitchConfiguration configuration, string address) => configuration.Resolve(new Recipient(Mailbox.Parse(address)));
}
