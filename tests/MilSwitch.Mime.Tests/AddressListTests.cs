using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Mime.Tests;

public sealed class AddressListTests
{
    [Theory]
    [InlineData(" gate@red.test", "")]
    [InlineData(" Gate <gate@RED.test>", "")]
    [InlineData(" a@x.test, gate@red.test", " a@x.test")]
    [InlineData(" gate@red.test,\r\n b@x.test", "\r\n b@x.test")]
    [InlineData(" \"Gate, the\" <gate@red.test> (a, b), \"a, b\" <c@x.test>", " \"a, b\" <c@x.test>")]
    [InlineData(" a@x.test, gate@red.test, b@x.test, gate@red.test", " a@x.test, b@x.test")]
    // Nothing of it is there, or it can't be taken out alone.
    [InlineData(" a@x.test", null)]
    [InlineData(" Gate@red.test", null)]
    [InlineData(" \"gate@red.test\" <a@x.test>", null)]
    [InlineData(" all: gate@red.test, a@x.test;", null)]
    [InlineData(" \"gate@red.test", null)]
    [InlineData(" <gate@red.test", null)]
    [InlineData(" (gate@red.test", null)]
    public void Takes_one_address_out_and_leaves_the_others_to_the_octet(string value, string? left)
    {
        var made = AddressList.Without(Encoding.ASCII.GetBytes(value), [Mailbox.Parse("gate@red.test")]);
        Assert.Equal(left, made is null ? null : Encoding.ASCII.GetString(made));
    }
}
