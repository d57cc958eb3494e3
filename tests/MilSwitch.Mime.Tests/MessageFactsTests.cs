using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime.Tests;

public sealed class MessageFactsTests
{
    [Fact]
    public void Reads_what_the_switch_needs_and_no_more()
    {
        var facts = Read(
            "Received: from a.example ([192.0.2.1]) by mx.example.com (by sw1.example.mil) with ESMTP id 1; Mon, 09 Aug 2010 15:27:40 +0100\r\n" +
            "Received: from b.example\r\n\t(b.example [192.0.2.2])\r\n\tBY SW1.example.mil with ESMTP id 2; Mon, 09 Aug 2010 15:27:40 +0100\r\n" +
            "received: from c by sw2.example.mil.; Mon, 09 Aug 2010 15:27:40 +0100\r\n" +
            "Message-ID:\r\n <1@example.com>\r\nMT-Priority: 4 (ultra)\r\nMMHS-Primary-Precedence: FLASH\r\nTo: a@example.com\r\n\r\n");

        Assert.Equal("<1@example.com>", facts.MessageId);
        Assert.Equal(3, facts.ReceivedCount);
        Assert.Equal(2, facts.OwnReceivedCount);
        Assert.Equal("4", facts.TunnelledPriority?.ToString());
        Assert.Equal(Precedence.Flash, facts.PrimaryPrecedence);
        Assert.Null(facts.CopyPrecedence);
        Assert.Empty(facts.ActionAddresses);
        Assert.False(facts.IsReport);
    }

    [Fact]
    [Trait("Feature", "A-14")]
    public void Takes_no_tunnelled_priority_out_of_several_or_malformed_fields()
    {
        Assert.Null(Read("MT-Priority: 4\r\nMT-Priority: 4\r\n\r\n").TunnelledPriority);
        Assert.Null(Read("MT-Priority: 44\r\n\r\n").TunnelledPriority);
        Assert.Null(Read("Importance: high\r\nPriority: urgent\r\nX-Priority: 1\r\n\r\n").TunnelledPriority);
        Assert.True(Read("MT-Priority: 4\r\nMT-Priority: 4\r\n\r\n").HasPriorityField);
        Assert.True(Read("mt-priority: 44\r\n\r\n").HasPriorityField);
        Assert.False(Read("X-Priority: 1\r\n\r\n").HasPriorityField);
    }

    [Theory]
    [Trait("Feature", "C-08")]
    [Trait("Feature", "D-14")]
    [InlineData("MMHS-Message-Instructions: MINIMIZE CONSIDERED; NO DISTRIBUTION", true)]
    [InlineData("mmhs-message-instructions:NO DISTRIBUTION ;\r\n minimize\r\n considered ", true)]
    [InlineData("MMHS-Message-Instructions: NO DISTRIBUTION", false)]
    [InlineData("MMHS-Message-Instructions: MINIMIZE NOT CONSIDERED", false)]
    [InlineData("MMHS-Message-Instructions: MINIMIZE  CONSIDERED", false)]
    [InlineData("MMHS-Message-Instructions: (MINIMIZE CONSIDERED)", false)]
    [InlineData("MMHS-Message-Instructions: MINIMIZE CONSIDERED\r\nMMHS-Message-Instructions: MINIMIZE CONSIDERED", false)]
    [InlineData("MMHS-Handling-Instructions: MINIMIZE CONSIDERED", false)]
    [InlineData("MMHS-Message-Instructions:", false)]
    public void Finds_minimize_considered_among_the_instructions_of_the_only_field(string fields, bool considered) =>
        Assert.Equal(considered, Read(fields + "\r\n\r\n").MinimizeConsidered);

    [Fact]
    [Trait("Feature", "C-02")]
    public void Tells_action_from_information_addressees_when_there_is_a_copy_precedence()
    {
        var facts = Read(
            "MMHS-Primary-Precedence: 4\r\nMMHS-Copy-Precedence: 1 (routine)\r\n" +
            "To: UK SHL CGT <cgt@example.com>, \"Duty, Officer\" <duty@example.com> (x@comment),\r\n group: a@example.com, b@example.com;, @relay:old@example.com\r\n" +
            "To: \"quoted at@\"@example.com, broken, <v6@[IPv6:2001:db8::1]>\r\nCc: undisclosed:;, legad (head) @ example.com\r\n\r\n");

        Assert.Equal(Precedence.Routine, facts.CopyPrecedence);
        Assert.Equal(
            ["cgt@example.com", "duty@example.com", "a@example.com", "b@example.com", "old@example.com", "\"quoted at@\"@example.com", "v6@[IPv6:2001:db8::1]"],
            facts.ActionAddresses.AsEnumerable());
        Assert.Equal("legad@example.com", Assert.Single(facts.InformationAddresses));
    }

    [Fact]
    public void Marks_legal_numbers_without_a_name()
    {
        var facts = Read("MMHS-Primary-Precedence: 7\r\nMMHS-Copy-Precedence: 1\r\n\r\n");

        Assert.Null(facts.PrimaryPrecedence);
        Assert.True(facts.HasUnnamedPrecedence);
        Assert.False(Read("MMHS-Primary-Precedence: 32\r\n\r\n").HasUnnamedPrecedence);
    }

    [Theory]
    [InlineData("Content-Type: Multipart/Report; report-type=delivery-status; boundary=x\r\n\r\n", true)]
    [InlineData("Auto-Submitted: auto-replied\r\n\r\n", true)]
    [InlineData("Auto-Submitted: No\r\n\r\n", false)]
    [InlineData("Auto-Submitted: notified\r\n\r\n", true)]
    [InlineData("Content-Type: multipart/reporting\r\n\r\n", false)]
    [Trait("Threat", "S13")]
    public void Knows_a_report(string header, bool isReport) => Assert.Equal(isReport, Read(header).IsReport);

    [Theory]
    [InlineData("TLS-Required: No\r\n\r\n", true)]
    [InlineData("TLS-Required:\r\n no\r\n\r\n", true)]
    [InlineData("TLS-Required: Never\r\n\r\n", false)]
    [InlineData("TLS-Required: No\r\nTLS-Required: No\r\n\r\n", false)]
    public void Reads_TLS_Required(string header, bool no) => Assert.Equal(no, Read(header).TlsRequiredNo);

    [Fact]
    [Trait("Threat", "S10")]
    public void Gives_no_control_characters_away()
    {
        Assert.Equal("<a?b@c>", Read("Message-ID: <a\u001bb@c>\r\n\r\n").MessageId);
        Assert.Null(Read("Message-ID: \r\n\r\n").MessageId);
        Assert.Null(Read("Message-ID: <a@b>\r\nMessage-Id: <c@d>\r\n\r\n").MessageId);
    }

    [Fact]
    [Trait("Threat", "M1")]
    public void Survives_nested_comments_groups_and_quotes()
    {
        var bombs = new[]
        {
            new string('(', 200_000), string.Concat(Enumerable.Repeat("a:", 100_000)), new string('<', 200_000), new string('"', 200_001),
            string.Concat(Enumerable.Repeat("(\\", 100_000)), new string(',', 200_000), string.Concat(Enumerable.Repeat("a@b,", 60_000)),
        };
        foreach (var bomb in bombs)
        {
            var facts = Read($"MMHS-Copy-Precedence: 1 {(bomb[0] == '(' ? bomb : "")}\r\nMMHS-Copy-Precedence2: x\r\nTo: {bomb}\r\nReceived: {bomb}\r\n\r\n");
            Assert.True(facts.ActionAddresses.Length <= 20_000);
            Assert.True(Read($"MMHS-Copy-Precedence: 1\r\nTo: {bomb}\r\n\r\n").ActionAddresses.Length <= 20_000);
        }
    }

    [Property(MaxTest = 1000, Arbitrary = [typeof(Generators)])]
    public bool Never_throws(byte[] octets, HostileText text)
    {
        MessageFacts.Read(HeaderBlock.Scan(octets, 1 << 20, 1000), ["a"]);
        var flat = text.Value.ReplaceLineEndings("\r\n ").Replace("\0", "", StringComparison.Ordinal);
        var facts = Read($"MMHS-Copy-Precedence: 1\r\nTo: {flat}\r\nCc: <{flat}>\r\nMessage-ID: {flat}\r\nReceived: {flat}\r\nMT-Priority: {flat}\r\n\r\n");
        return facts.MessageId is null || !facts.MessageId.Any(char.IsControl);
    }

    private static MessageFacts Read(string header) =>
        MessageFacts.Read(HeaderBlock.Scan(Encoding.UTF8.GetBytes(header), 1 << 20, 1000), ["sw1.example.mil", "sw2.example.mil"]);
}
