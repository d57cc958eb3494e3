using System.Globalization;
using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Precedences;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Mime.Tests;

[Trait("Feature", "D-01")]
public sealed class PrecedenceFieldTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData(" 0 (Deferred)", 0)]
    [InlineData("FLASH", 4)]
    [InlineData("7", 7)]
    [InlineData("2 (priority)", 2)]
    [InlineData("2(priority)", 2)]
    [InlineData("Priority", 2)]
    [InlineData("override", 5)]
    [InlineData("immediate", 3)]
    [InlineData("routine\r\n\t(nested (comment) with \\) quote)", 1)]
    [InlineData("31", 31)]
    public void Reads_numbers_and_keywords(string value, int number)
    {
        Assert.True(MmhsReader.TryReadPrecedence(Octets(value), out var level));
        Assert.Equal(number, level.Value);
        Assert.Equal(number <= 5 ? (Precedence)number : null, level.Named);
    }

    [Theory]
    [InlineData("")]
    [InlineData("(4)")]
    [InlineData("(comment) 4")]
    [InlineData("04")]
    [InlineData("00")]
    [InlineData("-1")]
    [InlineData("+4")]
    [InlineData("32")]
    [InlineData("4294967300")]
    [InlineData("4 5")]
    [InlineData("flash;")]
    [InlineData("flash override")]
    [InlineData("flash (open")]
    [InlineData("fl\u00e4sh")]
    [InlineData("zulu")]
    public void Refuses_what_the_grammar_does_not_have(string value) => Assert.False(MmhsReader.TryReadPrecedence(Octets(value), out _));

    [Property(MaxTest = 2000)]
    public bool Never_throws(byte[] octets) => MmhsReader.TryReadPrecedence(octets, out _) | MtPriorityField.TryParse(octets, out _) | true;

    [Theory]
    [InlineData("-3", -3)]
    [InlineData(" 4 (ultra)", 4)]
    [InlineData("(a) 0 (b)", 0)]
    [InlineData("9", 9)]
    [InlineData("-9", -9)]
    [Trait("Feature", "A-14")]
    public void Reads_the_tunnelled_priority(string value, int priority)
    {
        Assert.True(MtPriorityField.TryParse(Octets(value), out var read));
        Assert.Equal(priority, read.Value);
        Assert.Equal($"MT-Priority: {priority}\r\n", Encoding.ASCII.GetString(MtPriorityField.Write(read)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-0")]
    [InlineData("+4")]
    [InlineData("10")]
    [InlineData("- 4")]
    [InlineData("4 4")]
    [InlineData("4 (")]
    [InlineData("04")]
    [InlineData("high")]
    [Trait("Feature", "A-14")]
    public void Refuses_other_priorities(string value) => Assert.False(MtPriorityField.TryParse(Octets(value), out _));

    [Fact]
    public void Agrees_with_the_examples_of_the_standards()
    {
        var seen = 0;
        foreach (var file in SharedVectors.Files("mmhs", "headers.tsv", output))
        {
            foreach (var line in File.ReadLines(file).Skip(1))
            {
                var columns = line.Split('\t');
                var (name, value) = (columns[1].Split(':', 2)[0], columns[1].Split(':', 2)[1]);
                var expected = columns[2].Split(' ')[0];
                if (name.EndsWith("-Precedence", StringComparison.Ordinal))
                {
                    Assert.True(MmhsReader.TryReadPrecedence(Octets(value), out var level), line);
                    Assert.Equal(expected, level.Value.ToString(CultureInfo.InvariantCulture));
                    seen++;
                }
                else if (name == "MT-Priority")
                {
                    Assert.True(MtPriorityField.TryParse(Octets(value), out var priority), line);
                    Assert.Equal(expected, priority.ToString());
                    seen++;
                }
            }

            Assert.Equal(7, seen);
        }
    }

    [Fact]
    public void Agrees_with_the_policy_STANAG4406()
    {
        foreach (var file in SharedVectors.Files("mmhs", "mt-priority.tsv", output))
        {
            foreach (var line in File.ReadLines(file).Skip(1))
            {
                var columns = line.Split('\t');
                Assert.True(MtPriorityField.TryParse(Octets(columns[0]), out var priority), line);
                var expected = columns[1].StartsWith("not in table", StringComparison.Ordinal) ? "Flash" : columns[1].Split(' ')[0];
                Assert.Equal(expected, priority.ToPrecedence().ToString());
            }
        }
    }

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);
}
