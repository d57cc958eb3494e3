using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Tests;

public sealed class LineDifferenceTests
{
    [Theory]
    [InlineData("a b c", "a b c", "")]
    [InlineData("", "a", "+a")]
    [InlineData("a", "", "-a")]
    [InlineData("a b c", "a x c", " a|-b|+x| c")]
    [InlineData("a b c d", "b c d e", "-a| b| c| d|+e")]
    [InlineData("1 2 3 4 5 6 7 8 9 x", "1 2 3 4 5 6 7 8 9 y", "@7 7| 7| 8| 9|-x|+y")]
    public void Shows_what_changed_with_the_lines_around_it(string before, string after, string expected)
    {
        var (lines, isCut) = LineDifference.Of(Split(before), Split(after), 100);
        Assert.Equal(expected, string.Join('|', lines.Select(l => $"{l.Mark}{l.Text}")));
        Assert.False(isCut);
    }

    [Fact]
    public void What_is_taken_away_and_added_makes_the_second_of_the_first()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            // A few letters only, so that much is common.
            string[] before = Letters(random), after = Letters(random);
            var (lines, _) = LineDifference.Of(before, after, int.MaxValue);
            Assert.Equal(before.SequenceEqual(after), lines.Count is 0);
            if (lines.Any(l => l.Mark is '@') || lines.Count is 0) continue;
            var (was, becomes) = (lines.Where(l => l.Mark is not '+').Select(l => l.Text).ToArray(), lines.Where(l => l.Mark is not '-').Select(l => l.Text).ToArray());
            // What is shown stands in both in this order; what is left out before and behind it is the same in both.
            var start = Enumerable.Range(0, before.Length - was.Length + 1).First(i => before.Skip(i).Take(was.Length).SequenceEqual(was) && i + becomes.Length <= after.Length && before.Take(i).SequenceEqual(after.Take(i)) && after.Skip(i).Take(becomes.Length).SequenceEqual(becomes));
            Assert.Equal(before.Skip(start + was.Length), after.Skip(start + becomes.Length));
        }

        static string[] Letters(Random random) => [.. Enumerable.Range(0, random.Next(0, 12)).Select(_ => ((char)('a' + random.Next(3))).ToString())];
    }

    [Fact]
    public void Texts_with_little_in_common_cost_a_bounded_time_and_are_cut()
    {
        string[] before = [.. Enumerable.Range(0, 20_000).Select(i => $"b{i}")], after = [.. Enumerable.Range(0, 20_000).Select(i => $"a{i}")];
        var (lines, isCut) = LineDifference.Of(before, after, 1_000);
        Assert.True(isCut);
        Assert.Equal(1_000, lines.Count);
        Assert.All(lines, l => Assert.Equal('-', l.Mark));
    }

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
