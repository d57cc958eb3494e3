using System.Formats.Asn1;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Tests;

[Trait("Threat", "C6")]
public sealed class BerFrameTests
{
    [Theory]
    [InlineData("0500")]
    [InlineData("3000")]
    [InlineData("30800000")]
    [InlineData("3080020101300304012A0000")]
    [InlineData("24800401AA0401BB0000")]
    public void Takes_what_is_complete(string hex) => BerFrame.Check(Convert.FromHexString(hex), CmsBounds.Default);

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3001")]
    [InlineData("300201")]
    [InlineData("3080")]
    [InlineData("0000")]
    [InlineData("050000")]
    [InlineData("3003020200")]
    [InlineData("04800000")]
    [InlineData("30020000")]
    [InlineData("3084FFFFFFFF")]
    [InlineData("3088FFFFFFFFFFFFFFFF")]
    [InlineData("30803003020101")]
    [InlineData("3005308002010000")]
    public void Refuses_what_is_not(string hex) =>
        Assert.Equal(CmsFault.Malformed, Assert.Throws<CmsFormatException>(() => BerFrame.Check(Convert.FromHexString(hex), CmsBounds.Default)).Fault);

    [Fact]
    public void Refuses_twenty_thousand_levels()
    {
        var indefinite = new byte[40_000];
        for (var i = 0; i < indefinite.Length; i += 2) (indefinite[i], indefinite[i + 1]) = (0x30, 0x80);
        Assert.Equal(CmsFault.TooDeep, Assert.Throws<CmsFormatException>(() => BerFrame.Check(indefinite, CmsBounds.Default)).Fault);

        // From the innermost outwards, each with the length of what it holds.
        var definite = new List<byte>();
        for (var level = 0; level < 20_000; level++)
        {
            var length = definite.Count;
            if (length < 0x80) definite.Add((byte)length);
            else definite.AddRange([(byte)length, (byte)(length >> 8), (byte)(length >> 16), 0x83]);
            definite.Add(0x30);
        }

        definite.Reverse();
        Assert.Equal(CmsFault.TooDeep, Assert.Throws<CmsFormatException>(() => BerFrame.Check([.. definite], CmsBounds.Default)).Fault);
    }

    [Fact]
    public void Refuses_half_a_million_empty_segments()
    {
        var bomb = new byte[1_000_004];
        (bomb[0], bomb[1]) = (0x24, 0x80);
        for (var i = 2; i < bomb.Length - 2; i += 2) bomb[i] = 0x04;
        Assert.Equal(CmsFault.TooLarge, Assert.Throws<CmsFormatException>(() => BerFrame.Check(bomb, CmsBounds.Default)).Fault);
    }

    [Fact]
    public void Refuses_an_integer_and_an_object_identifier_without_measure()
    {
        foreach (var tag in new byte[] { 0x02, 0x06 })
        {
            byte[] bomb = [tag, 0x83, 0x04, 0x93, 0xE0, .. new byte[300_000]];
            Assert.Equal(CmsFault.TooLarge, Assert.Throws<CmsFormatException>(() => BerFrame.Check(bomb, CmsBounds.Default)).Fault);
        }
    }

    [Fact]
    public void Never_throws_anything_else_for_mutations_and_agrees_with_the_reader()
    {
        var random = new Random(6);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.7.2");
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteOctetString(new byte[300]);
            writer.WriteInteger(70_000);
        }

        var sound = writer.Encode();
        for (var round = 0; round < 20_000; round++)
        {
            var mutant = (byte[])sound.Clone();
            mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            try
            {
                BerFrame.Check(mutant, CmsBounds.Default);
            }
            catch (CmsFormatException)
            {
                continue;
            }

            // What passes is a complete element for the real reader too.
            Assert.Equal(mutant.Length, new AsnReader(mutant, AsnEncodingRules.BER).PeekEncodedValue().Length);
        }
    }
}
