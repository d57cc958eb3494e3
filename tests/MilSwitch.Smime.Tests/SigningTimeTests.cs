using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Tests;

/// <summary>RFC 5652 §11.3: UTCTime from 1950 to 2049, GeneralizedTime before and after.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-02")]
public sealed class SigningTimeTests
{
    public static TheoryData<string, string> Limits => new()
    {
        { "1949-12-31T23:59:59Z", "181319491231235959Z" },
        { "1950-01-01T00:00:00Z", "170D500101000000Z" },
        { "1999-12-31T23:59:59Z", "170D991231235959Z" },
        { "2000-01-01T00:00:00Z", "170D000101000000Z" },
        { "2049-12-31T23:59:59Z", "170D491231235959Z" },
        { "2050-01-01T00:00:00Z", "181320500101000000Z" },
        { "9999-12-31T23:59:59Z", "181399991231235959Z" },
        // Another zone, and a year that is another one in it.
        { "2050-01-01T00:30:00+01:00", "170D491231233000Z" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Writes_and_reads_the_limits(string time, string encoded)
    {
        var at = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
        // Tag and length in hex, then the text.
        byte[] expected = [Convert.ToByte(encoded[..2], 16), (byte)(encoded.Length - 4), .. Encoding.ASCII.GetBytes(encoded[4..])];
        Assert.Equal(expected, SigningTime.Encode(at));
        Assert.Equal(at, SigningTime.Read(expected));
        byte[] content = [1];
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(content), Signers = [SignedPki.Signer("p256")], SigningTime = at })).Join(content), CmsBounds.Default);
        var verdict = SignedPki.Verify(signed, signed.Signers[0]);
        Assert.Empty(verdict.Reasons);
        Assert.Equal(at, verdict.SigningTime);
    }

    [Theory]
    [InlineData(0x17, "491231235960Z")]
    [InlineData(0x17, "490229000000Z")]
    [InlineData(0x17, "491301000000Z")]
    [InlineData(0x17, "")]
    [InlineData(0x17, "20500101000000Z")]
    [InlineData(0x18, "500101000000Z")]
    [InlineData(0x18, "00000101000000Z")]
    [InlineData(0x04, "500101000000Z")]
    [InlineData(0x17, "500101000000Z ")]
    public void Reads_nothing_else(int tag, string text) => Assert.Null(SigningTime.Read((byte[])[(byte)tag, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)]));

    [Fact]
    public void Reads_nothing_with_more_behind_it()
    {
        Assert.Null(SigningTime.Read((byte[])[.. SigningTime.Encode(SignedPki.Now), 5, 0]));
        Assert.Null(SigningTime.Read(default));
    }
}
