using System.Text.Json;
using MilSwitch.Domain.Channels;

namespace MilSwitch.Domain.Tests;

public sealed class ChannelTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    [Trait("Feature", "D-06")]
    public void Numbers_rise_and_none_is_left_out()
    {
        var (book, first) = new ChannelBook().Give("a");
        (book, var again) = book.Give("a");
        (book, var second) = book.Give("b");
        Assert.Equal((1, 1, 2), (first, again, second));
        // What was surely not taken is the next one's; what may have been is nobody else's.
        (book, var third) = book.TakeBack("b").Give("c");
        Assert.Equal(2, third);
        (book, var fourth) = book.TakeBack("a").Give("d");
        Assert.Equal(3, fourth);
        Assert.Equal(1, book.Give("a").Number);
        // Once it was taken another transmission of the message is another one.
        Assert.Equal(4, book.Taken("a").Give("a").Number);
        Assert.Equal(book.Write(), ChannelBook.Read(book.Write()).Write());
    }

    [Fact]
    public void What_may_have_been_taken_is_remembered_within_bounds()
    {
        var book = new ChannelBook();
        for (var i = 0; i < ChannelBook.MostOpen + 5; i++) book = book.Give($"m{i}").Book;
        Assert.Equal((ChannelBook.MostOpen, "m5", ChannelBook.MostOpen + 6), (book.Open.Length, book.Open[0].Message, book.Next));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"next":0,"open":[]}""")]
    public void What_is_no_book_is_not_read_as_an_empty_one(string json) => Assert.Throws<JsonException>(() => ChannelBook.Read(json));

    [Theory]
    [Trait("Feature", "D-06")]
    [InlineData("7 8 9", "")]
    [InlineData("7 9", "8")]
    [InlineData("7 10 8", "9")]
    [InlineData("7 8 8 7 9", "")]
    [InlineData("7 10 1 2", "")]
    [InlineData("1 3 1", "")]
    [InlineData("1 2 1", "")]
    public void A_number_that_never_came_is_missing(string numbers, string missing)
    {
        var continuity = numbers.Split(' ').Aggregate(new ChannelContinuity(), (c, n) => c.Take(long.Parse(n, System.Globalization.CultureInfo.InvariantCulture), Noon));
        Assert.Equal(missing, string.Join(' ', continuity.Missing.Keys));
        Assert.Equal(missing, string.Join(' ', ChannelContinuity.Read(continuity.Write()).Missing.Keys));
        Assert.Empty(continuity.Forget(Noon + ChannelContinuity.Patience).Missing);
    }

    [Fact]
    public void A_great_gap_takes_little_room()
    {
        var continuity = new ChannelContinuity().Take(1, Noon).Take(long.MaxValue - 1, Noon);
        Assert.Equal((ChannelContinuity.MostMissing, 2), (continuity.Missing.Count, continuity.Missing.Keys.First()));
    }
}
