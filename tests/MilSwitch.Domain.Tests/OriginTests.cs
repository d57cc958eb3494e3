using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Tests;

public sealed class OriginTests
{
    [Theory]
    [InlineData("duty", true)]
    [InlineData("api:duty", true)]
    [InlineData("folder:duty", false)]
    [InlineData("api:dut", false)]
    [InlineData("api:api:duty", false)]
    [InlineData(null, false)]
    public void Knows_what_an_operator_sent_in_whatever_way(string? identity, bool own) => Assert.Equal(own, new Origin { Listener = "l", AuthenticatedAs = identity }.IsOf("duty"));
}
