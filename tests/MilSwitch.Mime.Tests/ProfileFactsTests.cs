using System.Text;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;

namespace MilSwitch.Mime.Tests;

public sealed class ProfileFactsTests
{
    private const string Header =
        "From: COS <cos@shl.example.com>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\nMMHS-Subject-Indicator-Codes: KAA; KBB\r\nMMHS-Message-Type: exercise; identifier=\"CANDLE FISH\"\r\n"
        + "MMHS-Handling-Instructions: ZOV\r\nMMHS-Message-Instructions: NO DISTRIBUTION\r\n";

    [Fact]
    public void Reads_every_fact()
    {
        var facts = Read(Header + "\r\nfield hospital\r\n");
        Assert.Equal(["KAA", "KBB"], facts.Codes.AsEnumerable());
        Assert.Equal("cos@shl.example.com", facts.Originator!.Text);
        Assert.Equal((0, "CANDLE FISH"), (facts.Type, facts.TypeIdentifier));
        Assert.Equal(["ZOV"], facts.HandlingInstructions.AsEnumerable());
        Assert.Equal([MmhsInstructions.NoDistribution], facts.MessageInstructions.AsEnumerable());
        Assert.Equal("Café", facts.Subject);
        Assert.Equal("field hospital\r\n", facts.Body);
        Assert.Equal((Precedence.Flash, ProfileRole.Information, null), (facts.Precedence, facts.Role, facts.Fault));
    }

    [Theory]
    [InlineData("MMHS-Subject-Indicator-Codes: K\r\n", true)]
    [InlineData("MMHS-Message-Instructions: A\r\nMMHS-Message-Instructions: B\r\n", true)]
    [InlineData("MMHS-Originator-Reference: \r\n", false)]
    [InlineData("this is no field\r\nMMHS-Subject-Indicator-Codes: KAA\r\n", true)]
    public void A_deciding_field_that_is_malformed_or_repeated_is_a_fault(string fields, bool fault) => Assert.Equal(fault, Read(fields + "\r\n").Fault is not null);

    [Fact]
    public void Of_several_authors_none_is_the_originator() => Assert.Null(Read("From: a@x.example, b@x.example\r\n\r\n").Originator);

    [Theory]
    [InlineData("To: profiler@hq.test\r\n", ProfileRole.Action)]
    [InlineData("To: x@hq.test\r\nCc: <Profiler@HQ.test>\r\n", ProfileRole.Information)]
    [InlineData("To: profiler@hq.test\r\nCc: profiler@hq.test\r\n", ProfileRole.Action)]
    // Nobody says it: a blind copy, or a list before it.
    [InlineData("To: x@hq.test\r\n", ProfileRole.Action)]
    public void Was_informed_where_Cc_alone_names_it(string fields, ProfileRole role) => Assert.Equal(
        role, ProfileFacts.Read(Encoding.UTF8.GetBytes(fields + "\r\n"), Precedence.Flash, ProfileRole.Action, null, Domain.Addressing.Mailbox.Parse("profiler@hq.test")).Role);

    [Theory]
    [InlineData("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n", true)]
    [InlineData("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n", false)]
    [InlineData("", false)]
    public void Knows_what_is_encrypted(string fields, bool encrypted) => Assert.Equal(encrypted, Read(fields + "\r\n").IsEncrypted);

    [Theory]
    [InlineData("MMHS-Copy-Precedence: 1 (routine)\r\n", Precedence.Routine)]
    [InlineData("MMHS-Copy-Precedence: 7\r\n", null)]
    [InlineData("", null)]
    public void Reads_the_level_of_copies(string fields, Precedence? level) => Assert.Equal(level, Read(fields + "\r\n").CopyPrecedence);

    [Theory]
    [InlineData(76)]
    [InlineData(75)]
    public void Reads_the_beginning_of_a_long_text_in_base64(int width)
    {
        var text = Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("word ", 80_000))));
        var lines = string.Join("\r\n", text.Chunk(width).Select(c => new string(c)));
        var body = Read("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines).Body;
        Assert.Equal(ProfileFacts.MostText, body.Length);
        Assert.StartsWith("word word ", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_throws_for_any_octets()
    {
        var random = new Random(11);
        var sound = Encoding.ASCII.GetBytes(Header + "Content-Type: text/plain; charset=utf-8\r\n\r\nfield hospital\r\n");
        for (var round = 0; round < 2_000; round++)
        {
            var octets = (byte[])sound.Clone();
            for (var i = random.Next(1, 5); i > 0; i--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            Assert.NotNull(ProfileFacts.Read(octets, Precedence.Routine, ProfileRole.Action, null).Subject);
        }
    }

    private static ProfileSubject Read(string message) => ProfileFacts.Read(Encoding.UTF8.GetBytes(message), Precedence.Flash, ProfileRole.Information, null);
}
