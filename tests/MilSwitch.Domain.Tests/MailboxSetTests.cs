using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Tests;

public sealed class MailboxSetTests
{
    [Theory]
    [InlineData("ops@red.example", true)]
    [InlineData("ops@RED.example", true)]
    [InlineData("OPS@red.example", false)]
    [InlineData("ann@blue.example", true)]
    [InlineData("ann@north.blue.example", false)]
    [InlineData("ann@north.green.example", true)]
    [InlineData("ann@green.example", false)]
    [InlineData("ann@evilgreen.example", false)]
    public void Names_addresses_domains_and_those_below(string address, bool expected)
    {
        Assert.True(MailboxSet.TryRead(["ops@red.example", "*@blue.example", "*@*.green.example"], out var set, out _));
        Assert.Equal(expected, set.Contains(Mailbox.Parse(address)));
    }

    [Theory]
    [InlineData("red.example")]
    [InlineData("*")]
    [InlineData("*@")]
    [InlineData("*@a b")]
    [InlineData("a*b@red.example@")]
    public void Names_the_entry_that_is_none(string entry)
    {
        Assert.False(MailboxSet.TryRead(["ops@red.example", entry], out _, out var wrong));
        Assert.Equal(entry, wrong);
    }
}
