using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Tests.Xml;

namespace MilSwitch.Labels.Tests.Markings;

public sealed class MarkedTextTests
{
    private static readonly MarkingGrammar Grammar = MarkingGrammar.For(SamplePolicy.Policy, MarkingPlace.FirstLine);

    [Theory]
    [InlineData("", "", "")]
    [InlineData(" \r\n\t\r\n", "", "")]
    [InlineData("one", "one", "one")]
    [InlineData("\r\n  NORTHLAND SECRET \r\n\r\nText\r\nLast \r\n\r\n", "NORTHLAND SECRET", "Last")]
    [InlineData("one\ntwo", "one", "two")]
    public void Finds_first_and_last_line(string text, string first, string last)
    {
        Assert.Equal(first, MarkedText.FirstLine(text));
        Assert.Equal(last, MarkedText.LastLine(text));
    }

    [Theory]
    [InlineData("Text\r\nmore\r\n")]
    [InlineData("Text\nmore\n")]
    [InlineData("Text\r\n")]
    public void Takes_away_what_it_put_there(string text)
    {
        var first = MarkedText.WithFirstLine(text, "NORTHLAND SECRET");
        var both = MarkedText.WithLastLine(first, "NORTHLAND SECRET");

        Assert.Equal("NORTHLAND SECRET", MarkedText.FirstLine(both));
        Assert.Equal("NORTHLAND SECRET", MarkedText.LastLine(both));
        Assert.Equal(first, MarkedText.WithoutLastLine(both, Grammar));
        Assert.Equal(text, MarkedText.WithoutFirstLine(first, Grammar));
    }

    [Theory]
    [InlineData("Text without a marking\r\n")]
    [InlineData("NORTHLAND SECRETIVE\r\n\r\nText\r\n")]
    [InlineData("")]
    public void Leaves_a_text_alone_that_has_no_marking(string text)
    {
        Assert.Equal(text, MarkedText.WithoutFirstLine(text, Grammar));
        Assert.Equal(text, MarkedText.WithoutLastLine(text, Grammar));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A\r\nBcc: x")]
    [InlineData("A\u2028B")]
    [Trait("Threat", "C11")]
    public void Puts_no_second_line_anywhere(string marking)
    {
        Assert.Throws<ArgumentException>(() => MarkedText.WithFirstLine("t", marking));
        Assert.Throws<ArgumentException>(() => MarkedText.WithLastLine("t", marking));
        Assert.Throws<ArgumentException>(() => MarkedSubject.With("t", marking));
    }

    [Theory]
    [InlineData("Report (NORTHLAND SECRET)", "NORTHLAND SECRET", "Report")]
    [InlineData("Re: Report (NORTHLAND OPEN) (NORTHLAND SECRET) ", "NORTHLAND SECRET", "Re: Report (NORTHLAND OPEN)")]
    [InlineData("Report (draft)", "draft", "Report (draft)")]
    [InlineData("Report)", "", "Report)")]
    [InlineData("(NORTHLAND SECRET)", "NORTHLAND SECRET", "")]
    [InlineData("", "", "")]
    public void Finds_the_marking_at_the_end_of_a_subject(string subject, string marking, string rest)
    {
        Assert.Equal(marking, MarkedSubject.Marking(subject));
        Assert.Equal(rest, MarkedSubject.Without(subject, Grammar));
    }

    [Fact]
    public void Marks_a_subject_with_parentheses_in_the_marking()
    {
        Assert.Equal("SECRET (fr)", MarkedSubject.Marking(MarkedSubject.With("Report", "SECRET (fr)")));
        Assert.Throws<ArgumentException>(() => MarkedSubject.With("Report", "SECRET) (fr"));
    }
}
