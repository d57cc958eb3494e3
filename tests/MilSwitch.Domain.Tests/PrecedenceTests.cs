using FsCheck.Xunit;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "C-01")]
public sealed class PrecedenceTests
{
    // FEATURES §3.1: an unsupported value counts as the next higher supported one.
    [Theory]
    [InlineData(-9, Precedence.Deferred)]
    [InlineData(-8, Precedence.Deferred)]
    [InlineData(-7, Precedence.Deferred)]
    [InlineData(-6, Precedence.Deferred)]
    [InlineData(-5, Precedence.Deferred)]
    [InlineData(-4, Precedence.Deferred)]
    [InlineData(-3, Precedence.Routine)]
    [InlineData(-2, Precedence.Routine)]
    [InlineData(-1, Precedence.Priority)]
    [InlineData(0, Precedence.Priority)]
    [InlineData(1, Precedence.Immediate)]
    [InlineData(2, Precedence.Immediate)]
    [InlineData(3, Precedence.Flash)]
    [InlineData(4, Precedence.Flash)]
    [InlineData(5, Precedence.Override)]
    [InlineData(6, Precedence.Override)]
    [InlineData(7, Precedence.Override)]
    [InlineData(8, Precedence.Override)]
    [InlineData(9, Precedence.Override)]
    [Trait("Feature", "A-13")]
    public void Rounds_up_to_the_next_level(int value, Precedence level) => Assert.Equal(level, Mt(value).ToPrecedence());

    [Theory]
    [InlineData(Precedence.Deferred, -4)]
    [InlineData(Precedence.Routine, -2)]
    [InlineData(Precedence.Priority, 0)]
    [InlineData(Precedence.Immediate, 2)]
    [InlineData(Precedence.Flash, 4)]
    [InlineData(Precedence.Override, 6)]
    public void Maps_levels_by_the_policy_STANAG4406(Precedence level, int value)
    {
        Assert.Equal(Mt(value), MtPriority.From(level));
        Assert.Equal(level, MtPriority.From(level).ToPrecedence());
    }

    [Fact]
    public void Rounding_keeps_the_order()
    {
        for (var value = MtPriority.Minimum; value < MtPriority.Maximum; value++) Assert.True(Mt(value).ToPrecedence() <= Mt(value + 1).ToPrecedence());
    }

    [Fact]
    [Trait("Feature", "C-10")]
    public void Reads_every_value_of_the_grammar_and_writes_it_back()
    {
        for (var value = MtPriority.Minimum; value <= MtPriority.Maximum; value++)
        {
            Assert.True(MtPriority.TryParse(Mt(value).ToString(), out var read));
            Assert.Equal(value, read.Value);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-0")]
    [InlineData("+1")]
    [InlineData("10")]
    [InlineData("-10")]
    [InlineData("01")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("--1")]
    [InlineData("a")]
    [InlineData("\u0661")]
    [Trait("Feature", "C-10")]
    public void Refuses_what_the_grammar_does_not_have(string text) => Assert.False(MtPriority.TryParse(text, out _));

    [Theory]
    [InlineData(-10)]
    [InlineData(10)]
    [InlineData(int.MaxValue)]
    public void Has_no_value_beyond_nine(int value) => Assert.False(MtPriority.TryCreate(value, out _));

    [Property]
    public bool Parsing_never_throws(string? text) => MtPriority.TryParse(text, out _) | PrecedenceExtensions.TryParseKeyword(text, out _) | true;

    [Fact]
    public void Keywords_go_both_ways_in_any_case()
    {
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++)
        {
            Assert.True(PrecedenceExtensions.TryParseKeyword(level.Keyword().ToUpperInvariant(), out var read));
            Assert.Equal(level, read);
            Assert.Equal(level >= Precedence.Immediate, level.IsUrgent());
        }

        Assert.False(PrecedenceExtensions.TryParseKeyword("ecp", out _));
    }

    [Fact]
    [Trait("Feature", "C-12")]
    public void The_default_table_is_as_published()
    {
        var table = PrecedenceTable.Default;
        Assert.Equal(PrecedenceExtensions.Count, table.Levels.Length);
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++)
        {
            Assert.Equal(level, table[level].Precedence);
            Assert.True(table[level].Warning < table[level].Expiry);
            Assert.True(table[level].Alarm is null || table[level].Alarm < table[level].Warning);
            if (level is Precedence.Deferred) continue;
            Assert.True(table[level].Expiry < table[level - 1].Expiry);
            Assert.True(table[level].Warning < table[level - 1].Warning);
            Assert.True(table[level].MaximumSize <= table[level - 1].MaximumSize);
            Assert.True(table[level].RetryAfter(1) < table[level - 1].RetryAfter(1));
        }

        Assert.Equal(Precedence.Routine, table.Unmarked);
    }

    [Fact]
    public void The_last_pause_repeats()
    {
        var flash = PrecedenceTable.Default[Precedence.Flash];
        Assert.Equal(
            [5.0, 5, 10, 20, 30, 30, 30],
            new[] { 0, 1, 2, 3, 4, 5, int.MaxValue }.Select(attempts => flash.RetryAfter(attempts).TotalSeconds));
    }

    private static MtPriority Mt(int value)
    {
        Assert.True(MtPriority.TryCreate(value, out var priority));
        return priority;
    }
}
