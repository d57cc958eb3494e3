using FsCheck.Xunit;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

public sealed class NotationTests
{
    [Theory]
    [InlineData("30s", 30)]
    [InlineData("90m", 5400)]
    [InlineData("1h30m", 5400)]
    [InlineData("3d", 259_200)]
    [InlineData("0", 0)]
    public void Reads_times(string text, int seconds)
    {
        Assert.True(Notation.TryReadDuration(text, out var value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1m1h")]
    [InlineData("1h 30m")]
    [InlineData("9999999999d")]
    [InlineData("999999999d")]
    public void Refuses_other_times(string text) => Assert.False(Notation.TryReadDuration(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("16KiB", 16_384)]
    [InlineData("16 KiB", 16_384)]
    [InlineData("1MB", 1_000_000)]
    [InlineData("2GiB", 2_147_483_648)]
    public void Reads_sizes(string text, long octets)
    {
        Assert.True(Notation.TryReadSize(text, out var value));
        Assert.Equal(octets, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("-1")]
    [InlineData("1.5MiB")]
    [InlineData("9999999999GiB")]
    public void Refuses_other_sizes(string text) => Assert.False(Notation.TryReadSize(text, out _));

    [Property]
    public bool Reads_back_the_times_it_writes(ushort minutes)
    {
        var time = TimeSpan.FromMinutes(minutes % 1440);
        return Notation.TryReadDuration(Notation.Write(time), out var read) && read == time;
    }

    [Property]
    public void Never_throws(string? text)
    {
        text ??= "";
        Notation.TryReadDuration(text, out _);
        Notation.TryReadSize(text, out _);
        Notation.TryReadNetwork(text, out _, out _);
        Notation.TryReadEndpoint(text, out _);
    }
}
