using FsCheck;
using FsCheck.Xunit;
using MilSwitch.Dashboard.Acts;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Dashboard.Tests;

public sealed class ActInputTests
{
    [Theory]
    [InlineData("/queues?q=precedence:flash", true)]
    [InlineData("/", true)]
    [InlineData("//evil.example", false)]
    [InlineData("/\\evil.example", false)]
    [InlineData("https://evil.example", false)]
    [InlineData("queues", false)]
    [InlineData("/a\r\nSet-Cookie: x", false)]
    public void An_act_leads_back_into_the_console_only(string to, bool good) => Assert.Equal(good, ActInput.IsLocal(to));

    [Fact]
    public void A_line_of_text_is_a_filter()
    {
        var filter = FilterText.Parse("precedence:flash link:hf from:hq to:navy older:90s state:held", 10);
        Assert.Equal((Precedence.Flash, "hf", "hq", "navy", TimeSpan.FromSeconds(90), 10), (filter.Precedence!.Value, filter.Link!.Value.Value, filter.Sender, filter.Recipient, filter.OlderThan!.Value, filter.Limit));
        Assert.NotNull(filter.State);
        Assert.Equal("navy", FilterText.Parse("navy", 1).Recipient);
    }

    [Theory]
    [InlineData("colour:red")]
    [InlineData("precedence:high")]
    [InlineData("state:0")]
    [InlineData("older:soon")]
    [InlineData("older:5")]
    [InlineData("link:")]
    public void What_is_no_filter_is_told(string text) => Assert.Throws<FormatException>(() => FilterText.Parse(text, 1));

    // A filter that was misread would reach other messages than were meant: it is read, or refused with a sentence.
    [Property(MaxTest = 500)]
    public bool No_text_breaks_a_filter(NonNull<string> text)
    {
        try
        {
            return FilterText.Parse(text.Get, 7).Limit is 7;
        }
        catch (FormatException refused)
        {
            return refused.Message.Length > 0;
        }
    }

    [Property(MaxTest = 500)]
    public bool No_path_breaks_the_search_for_a_page(NonNull<string> path) => ConsolePages.Find("/" + path.Get) is null or { Page: not null };

    [Fact]
    public void No_two_pages_have_one_key()
    {
        var keys = ConsolePages.All.Select(p => p.Key).OfType<char>().ToArray();
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(ConsolePages.All.Count, ConsolePages.All.Select(p => (p.Path, p.HasId)).Distinct().Count());
    }
}
