using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "R-05")]
public sealed class BoundaryWishFieldTests
{
    [Theory]
    [InlineData("allow", BoundaryWish.Allow)]
    [InlineData(" Deny", BoundaryWish.Deny)]
    [InlineData("\r\n\tNOTIFY \r\n", BoundaryWish.Notify)]
    public void Reads_a_wish(string body, BoundaryWish wish) => Assert.Equal(new BoundaryWishFinding(wish, false), BoundaryWishField.Read([body]));

    [Theory]
    [InlineData("")]
    [InlineData("yes")]
    [InlineData("allow, deny")]
    [InlineData("allow; reason=x")]
    [InlineData("deny (really)")]
    [InlineData("de ny")]
    [InlineData("\u0430llow")]
    public void Reads_no_other_word_as_one(string body) => Assert.Equal(BoundaryWishFinding.Malformed, BoundaryWishField.Read([body]));

    [Fact]
    public void Refuses_a_second_wish_even_of_one_mind()
    {
        Assert.Equal(BoundaryWishFinding.Malformed, BoundaryWishField.Read(["allow", "allow"]));
        Assert.Equal(BoundaryWishFinding.Unsaid, BoundaryWishField.Read([]));
        Assert.False(BoundaryWishField.TryRead("allow" + new string(' ', 200), out _));
    }
}
