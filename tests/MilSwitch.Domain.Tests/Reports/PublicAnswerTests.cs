using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Tests.Reports;

[Trait("Feature", "L-03")]
[Trait("Threat", "C8")]
[Trait("Threat", "C9")]
public sealed class PublicAnswerTests
{
    private static readonly DateTimeOffset Arrived = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    [Fact]
    public void Says_nothing_of_protection()
    {
        Assert.Equal("554 5.7.1 not permitted by security policy", PublicAnswer.Returned.ToString());
        foreach (var word in new[] { "key", "decrypt", "sign", "cert", "integrity" })
            Assert.DoesNotContain(word, PublicAnswer.Returned.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 5)]
    [InlineData(4_999, 5)]
    [InlineData(5_000, 5)]
    [InlineData(5_001, 10)]
    [InlineData(-3_000, 5)]
    [InlineData(61_000, 65)]
    public void Answers_at_the_end_of_a_span(int afterMilliseconds, int seconds) =>
        Assert.Equal(Arrived.AddSeconds(seconds), PublicAnswer.At(Arrived, Arrived.AddMilliseconds(afterMilliseconds)));
}
