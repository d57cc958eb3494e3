using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
public sealed class TokenOptionsTests
{
    private static readonly TokenKeyOptions[] One = [new("signing", KeyRole.DomainSigning)];

    [Fact]
    public void Good_ones_have_no_problems() => Assert.Empty(Good().Problems());

    [Fact]
    public void Every_problem_is_told_at_once_and_by_its_key()
    {
        var options = new TokenOptions
        {
            Name = "", Library = "libtoken.so", PinFile = "", Keys = [], Sessions = 0, QueueLength = 0, FailuresUntilSick = 0, LostThreads = -1,
            Deadline = TimeSpan.Zero, CallLimit = TimeSpan.Zero, PollInterval = TimeSpan.Zero, ReinitialiseInterval = TimeSpan.FromSeconds(-1),
        };
        Assert.Equal(
            ["name", "library", "label, serial", "pin", "keys", "sessions", "queue", "failures-until-sick", "lost-threads", "deadline", "call-limit", "poll-interval", "reinitialise-interval"],
            options.Problems().Select(p => p[..p.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("a", null, true)]
    [InlineData(null, "1", true)]
    [InlineData("a", "1", false)]
    public void A_token_is_named_in_exactly_one_way(string? label, string? serial, bool isGood) =>
        Assert.Equal(isGood, new TokenOptions { Name = "a", Library = "/a.so", Label = label, Serial = serial, PinFile = "/pin", Keys = One }.Problems().Count is 0);

    [Theory]
    [InlineData(1, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void Sessions_have_bounds(int sessions, bool isGood) =>
        Assert.Equal(isGood, new TokenOptions { Name = "a", Library = "/a.so", Label = "a", PinFile = "/pin", Keys = One, Sessions = sessions }.Problems().Count is 0);

    [Fact]
    public void One_label_has_one_role()
    {
        var options = new TokenOptions { Name = "a", Library = "/a.so", Label = "a", PinFile = "/pin", Keys = [.. One, new("signing", KeyRole.DomainConfidentiality)] };
        Assert.Equal("keys: signing is there twice", Assert.Single(options.Problems()));
    }

    [Fact]
    public void A_directory_takes_no_bad_ones()
    {
        var fault = Assert.Throws<ArgumentException>(() => new TokenDirectory([Good(), new TokenOptions { Name = "b", Library = "/a.so", PinFile = "/pin", Keys = One }], TimeProvider.System));
        Assert.StartsWith("b: label, serial: ", fault.Message, StringComparison.Ordinal);
    }

    private static TokenOptions Good() => new() { Name = "a", Library = "/a.so", Label = "a", PinFile = "/pin", Keys = One };
}
