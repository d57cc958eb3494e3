using System.Text;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "H-02")]
public sealed class LabelFieldsTests
{
    [Fact]
    public void Finds_labels_and_history_as_they_came()
    {
        var found = LabelFields.Find(Scan("Subject: x\r\nsio-label: marking=a;\r\n fgcolor=red\r\nSIO-Label-History: change=add\r\nSIO-Label-History: change=delete\r\n\r\nSIO-Label: no\r\n"));
        Assert.Equal([" marking=a;\r\n fgcolor=red"], found.Labels.Select(l => " " + l.TrimStart()));
        Assert.Equal(["change=add", "change=delete"], found.History.Select(h => h.Trim()));
        Assert.False(found.IsAmbiguous);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Says_when_there_is_more_than_one() => Assert.True(LabelFields.Find(Scan("SIO-Label: marking=a\r\nSIO-LABEL: marking=b\r\n\r\n")).IsAmbiguous);

    [Theory]
    [InlineData("Subject: x\r\n\r\nSIO-Label: b\r\n", null, null)]
    [InlineData("SIO-Label: a\r\n b\r\nSubject: x\r\nSIO-Label: c\r\nSIO-Label-History: h\r\n\r\nB", "Subject: x\r\nSIO-Label-History: h\r\n\r\nB", "Subject: x\r\n\r\nB")]
    public void Removes_labels_and_nothing_else(string message, string? labels, string? history)
    {
        Assert.Equal(labels, Text(LabelFields.Remove(Octets(message), Scan(message))));
        Assert.Equal(history, Text(LabelFields.Remove(Octets(message), Scan(message), alsoHistory: true)));
    }

    [Theory]
    [InlineData("A: 1\r\n\r\nB", "SIO-Label: l\r\nSIO-Label-History: h\r\nA: 1\r\n\r\nB")]
    [InlineData("A: 1\r\nSIO-Label: a\r\nC: 2\r\n\r\nB", "A: 1\r\nSIO-Label: l\r\nSIO-Label-History: h\r\nC: 2\r\n\r\nB")]
    [InlineData("SIO-Label: a\r\nSIO-Label: b\r\nSIO-Label-History: g\r\nC: 2\r\n\r\nB", "SIO-Label: l\r\nSIO-Label-History: h\r\nSIO-Label-History: g\r\nC: 2\r\n\r\nB")]
    [InlineData("A: 1\r\nSIO-Label-History: g\r\n\r\nB", "A: 1\r\nSIO-Label: l\r\nSIO-Label-History: h\r\nSIO-Label-History: g\r\n\r\nB")]
    public void Puts_another_label_in_place_and_history_before_what_is_there(string message, string expected) =>
        Assert.Equal(expected, Text(LabelFields.Replace(Octets(message), Scan(message), "l", "h")));

    [Fact]
    public void Takes_the_label_away_and_leaves_a_trace()
    {
        const string Message = "A: 1\r\nSIO-Label: a\r\n\r\nB";
        Assert.Equal("A: 1\r\nSIO-Label-History: h\r\n\r\nB", Text(LabelFields.Replace(Octets(Message), Scan(Message), null, "h")));
        Assert.Equal(Message, Text(LabelFields.Replace(Octets(Message), Scan(Message), "a", null)));
    }

    [Theory]
    [InlineData("a\r\nBcc: b")]
    [InlineData("a\r\n\r\n b")]
    [InlineData("a\r\n \t\r\n b")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    [InlineData("ä")]
    [InlineData("")]
    public void Refuses_a_body_that_would_end_its_field(string body) => Assert.Throws<ArgumentException>(() => LabelFields.Replace(Octets("A: 1\r\n\r\n"), Scan("A: 1\r\n\r\n"), body, null));

    private static HeaderBlock Scan(string message) => HeaderBlock.Scan(Octets(message), 10_000, 100);

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Text(byte[]? octets) => octets is null ? null : Encoding.UTF8.GetString(octets);
}
