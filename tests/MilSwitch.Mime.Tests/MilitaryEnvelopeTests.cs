using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime.Tests;

public sealed class MilitaryEnvelopeTests
{
    private static readonly Envelope Plain = new() { ReversePath = ReversePath.Null, Recipients = [], ArrivedAt = DateTimeOffset.UnixEpoch, Origin = new Origin { Listener = "l" } };

    [Fact]
    public void Keeps_what_is_sound_and_reads_it_back()
    {
        var kept = With("MMHS-Subject-Indicator-Codes: SDM;\r\n BRL\r\nMMHS-Message-Type: war\r\nMMHS-Handling-Instructions: BY HAND\r\nMMHS-Message-Instructions: SOON\r\nExpires: Wed, 1 Jan 2031 01:00:00 +0100\r\nSupersedes: <1@a>\r\n");
        Assert.Equal("MMHS-Subject-Indicator-Codes: SDM; BRL\r\nMMHS-Handling-Instructions: BY HAND\r\nMMHS-Message-Instructions: SOON\r\n", kept.MilitaryFields);
        Assert.Equal(["SDM", "BRL"], MilitaryEnvelope.Read(kept).Fields.SubjectIndicatorCodes.AsEnumerable());
        var facts = MilitaryEnvelope.Facts(kept);
        Assert.Equal((null, "SDM BRL", "SOON BY HAND"), (facts.Type, string.Join(' ', facts.Codes), string.Join(' ', facts.Instructions)));
        Assert.Equal((new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero), "<1@a>"), (kept.Expires, kept.Supersedes));
    }

    [Theory]
    [InlineData("Subject: none of them\r\n")]
    [InlineData("MMHS-Message-Type: 1\r\nMMHS-Message-Type: 2\r\nExpires: soon\r\nSupersedes: old\r\n")]
    [InlineData("Expires: Wed, 1 Jan 2031 00:00:00 +0000\r\nexpires: Wed, 1 Jan 2031 00:00:00 +0000\r\nSupersedes: <a@b>\r\nSupersedes: <a@b>\r\n")]
    [InlineData("Supersedes: <a b@c>\r\n")]
    public void Keeps_nothing_of_what_says_nothing(string header) => Assert.Equal(Plain, With(header));

    [Property(MaxTest = 500)]
    public void Never_throws(byte[] octets)
    {
        var kept = MilitaryEnvelope.With(Plain, HeaderBlock.Scan(octets, 1 << 16, 1000));
        MilitaryEnvelope.Facts(kept with { MilitaryFields = Encoding.Latin1.GetString(octets) });
    }

    private static Envelope With(string header) => MilitaryEnvelope.With(Plain, HeaderBlock.Scan(Encoding.ASCII.GetBytes(header + "\r\n"), 1 << 16, 1000));
}
