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
    public void What_allows_less_counts_where_two_places_speak()
    {
        BoundaryWishFinding[] rising = [BoundaryWishFinding.Unsaid, new(BoundaryWish.Allow, false), new(BoundaryWish.Notify, false), new(BoundaryWish.Deny, false), BoundaryWishFinding.Malformed];
        for (var i = 0; i < rising.Length; i++)
        {
            for (var j = 0; j < rising.Length; j++) Assert.Equal(rising[Math.Max(i, j)], BoundaryWishFinding.Stricter(rising[i], rising[j]));
            Assert.Equal(i >= 3, rising[i].IsDenied);
        }
    }

    [Fact]
    public void Refuses_a_second_wish_even_of_one_mind()
    {
        Assert.Equal(BoundaryWishFinding.Malformed, BoundaryWishField.Read(["allow", "allow"]));
        Assert.Equal(BoundaryWishFinding.Unsaid, BoundaryWishField.Read([]));
        Assert.False(BoundaryWishField.TryRead("allow" + new string(' ', 200), out _));
    }
}
