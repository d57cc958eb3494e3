using FsCheck.Xunit;
using MilSwitch.Domain.Statistics;

namespace MilSwitch.Domain.Tests.Statistics;

[Trait("Feature", "L-12")]
public sealed class DelayHistogramTests
{
    [Property(MaxTest = 500)]
    public void Is_never_too_short_and_at_most_a_hundredth_too_long(uint[] delays, byte share)
    {
        var histogram = new DelayHistogram();
        foreach (var delay in delays) histogram.Add(TimeSpan.FromMilliseconds(delay % 1_000_000_000));
        var sorted = delays.Select(d => (double)(d % 1_000_000_000)).Order().ToArray();
        var asked = share / 255.0;
        var said = histogram.Quantile(asked).TotalMilliseconds;
        if (sorted.Length is 0)
        {
            Assert.Equal(0, said);
            return;
        }

        var exact = sorted[Math.Max(1, (int)Math.Ceiling(asked * sorted.Length)) - 1];
        Assert.InRange(said, exact - 0.001, Math.Max(1, exact * 1.0101));
        Assert.Equal((sorted.Length, sorted[^1]), ((int)histogram.Count, histogram.Worst.TotalMilliseconds));
    }

    [Fact]
    public void Takes_what_no_clock_should_say()
    {
        var histogram = new DelayHistogram();
        foreach (var delay in new[] { TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.Zero }) histogram.Add(delay);
        Assert.Equal((3, TimeSpan.MaxValue), (histogram.Count, histogram.Worst));
        Assert.Equal(TimeSpan.FromMilliseconds(1), histogram.Quantile(0.5));
    }
}
