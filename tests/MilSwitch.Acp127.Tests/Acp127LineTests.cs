using System.Text;

namespace MilSwitch.Acp127.Tests;

/// <summary>What a line is cut into, and how its transmissions are counted.</summary>
public sealed class Acp127LineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 2, 3, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    [Trait("Feature", "S-01")]
    public void A_line_is_cut_behind_each_NNNN_however_its_octets_come(int piece)
    {
        const string Line = "A\r\r\nNNNN \r\r\n\nB NNNN\nXNNNN\nNNNN\r\nC\nNNNN";
        var (splitter, messages) = (new Acp127Splitter(), new List<string>());
        for (var octets = Encoding.ASCII.GetBytes(Line).AsSpan(); !octets.IsEmpty;)
        {
            var rest = octets[..Math.Min(piece, octets.Length)];
            octets = octets[rest.Length..];
            while (!rest.IsEmpty)
            {
                if (splitter.Take(rest, out var taken) is { } message) messages.Add(Encoding.ASCII.GetString(message));
                rest = rest[taken..];
            }
        }

        Assert.True(splitter.IsWithin);
        messages.Add(Encoding.ASCII.GetString(splitter.Rest()!));
        Assert.Equal(["A\r\r\nNNNN \r\r\n", "\nB NNNN\nXNNNN\nNNNN\r\n", "C\nNNNN"], messages);
        Assert.Null(splitter.Rest());
    }

    [Fact]
    [Trait("Feature", "S-01")]
    public void A_message_without_an_end_is_cut_where_no_reader_takes_it()
    {
        var (splitter, octets) = (new Acp127Splitter(), new byte[Acp127Reader.MostOctets + 10]);
        octets.AsSpan().Fill((byte)'A');
        var cut = splitter.Take(octets, out var taken)!;
        Assert.Equal((Acp127Reader.MostOctets + 1, Acp127Reader.MostOctets + 1), (cut.Length, taken));
        Assert.NotNull(Acp127Reader.Read(cut).Garble);
    }

    [Theory]
    [InlineData("\r\n VZCZCABA123\r\r\nOO", "ABA", 123)]
    [InlineData("ZCZCA001\n", "A", 1)]
    [InlineData("ZCZCABA12\n", null, 0)]
    [InlineData("ZCZCABA000\n", null, 0)]
    [InlineData("ZCZC123\n", null, 0)]
    [InlineData("OO RXFPA\nZCZCABA123\n", null, 0)]
    [InlineData("", null, 0)]
    [Trait("Feature", "D-06")]
    public void A_transmission_names_its_channel_and_number_in_its_first_line(string text, string? designator, int number)
    {
        var channel = Acp127Channel.Read(Encoding.ASCII.GetBytes(text));
        Assert.Equal(designator is null ? null : new Acp127Channel(designator, number), channel);
        if (channel is { } known) Assert.Equal(channel, Acp127Channel.Read(Encoding.ASCII.GetBytes(known.ToString())));
    }

    [Fact]
    [Trait("Feature", "D-06")]
    public void Numbers_that_never_came_are_missing_until_they_come_or_a_day_has_gone()
    {
        var count = Counted(41, 42, 45, 42);
        Assert.Equal([43, 44], count.Missing.Keys);
        Assert.Equal(46, count.Next);
        Assert.Equal([44], count.Take(43, Noon).Missing.Keys);
        Assert.Empty(count.Forget(Noon.AddDays(1)).Missing);
        Assert.Equal([43, 44], count.Forget(Noon.AddHours(23)).Missing.Keys);
        Assert.True(Acp127Continuity.TryParse(count.ToString(), out var read));
        Assert.Equal(count, read);
        Assert.False(Acp127Continuity.TryParse("x", out _));
    }

    [Fact]
    [Trait("Feature", "D-06")]
    public void Numbers_begin_again_behind_the_highest_or_on_another_day()
    {
        Assert.Equal((2, true), (Counted(998, 999, 1).Next, Counted(998, 999, 1).Missing.IsEmpty));
        var next = Counted(41).Take(1, Noon.AddDays(1));
        Assert.Equal((2, true), (next.Next, next.Missing.IsEmpty));
        // On the same day it is one that was here before.
        Assert.Equal(42, Counted(41, 1).Next);
        Assert.Equal(Acp127Continuity.MostMissing, Counted(1, 900).Missing.Count);
    }

    private static Acp127Continuity Counted(params int[] numbers) => numbers.Aggregate(new Acp127Continuity(), (count, number) => count.Take(number, Noon));
}
