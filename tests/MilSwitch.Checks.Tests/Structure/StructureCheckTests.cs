using MilSwitch.Checks.Parts;
using MilSwitch.Checks.Structure;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Tests.Structure;

[Trait("Feature", "J-04")]
public sealed class StructureCheckTests
{
    private static async Task<CheckVerdict> Judge(byte[] mail, StructureRules? rules = null) =>
        await new StructureCheck(rules ?? new StructureRules()).CheckAsync(Mails.Subject(mail), default);

    [Fact]
    public async Task Passes_an_ordinary_message_with_an_attachment()
    {
        var verdict = await Judge(Mails.Mixed("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ncafé", "Content-Type: application/pdf; name=\"a b.pdf\"\nContent-Transfer-Encoding: base64\n\nAQID"));
        Assert.Empty(verdict.Findings.AsEnumerable());
        Assert.Equal(CheckOutcome.Passed, verdict.Outcome);
    }

    [Theory]
    [InlineData("From: b@alfa.example", "part 1: more than one From")]
    [InlineData("Date: Sat, 28 Nov 2026 08:00:00 +0000", "part 1: more than one Date")]
    [InlineData("Subject: Again", "part 1: more than one Subject")]
    [InlineData("To: c@bravo.example", "part 1: more than one To")]
    [InlineData("message-id: <2@alfa.example>", "part 1: more than one Message-ID")]
    [InlineData("Cc: not an address", "part 1: CC is no list of addresses")]
    [InlineData("Cc: <@relay.example:a@b.example>", "part 1: CC is no list of addresses")]
    [InlineData("Cc: a@b.example,,c@d.example", "part 1: CC is no list of addresses")]
    [InlineData("Sender: a@b.example, c@d.example", "part 1: Sender is not one mailbox")]
    [InlineData("Content-ID: no identifier", "part 1: CONTENT-ID is no identifier")]
    [InlineData("X-A: a\bb", "part 1: a control character in the header")]
    [InlineData("X-A: =?utf-7?q?+AHg-?=", "part 1: an encoded word in a character set that hides text")]
    [InlineData("MIME-Version: 1.0", "part 1: a MIME field stands twice")]
    public async Task Refuses_headers_out_of_order(string field, string finding)
    {
        var verdict = await Judge(Mails.Octets($"{Mails.Head}{field}\n\nx\n"));
        Assert.Equal([finding], verdict.Findings.AsEnumerable(), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(CheckOutcome.Blocked, verdict.Outcome);
    }

    [Theory]
    [InlineData("To: b@c.example\nDate: Sat, 28 Nov 2026 08:00:00 +0000\n\nx", "part 1: no From")]
    [InlineData("From: b@c.example\n\nx", "part 1: no Date")]
    [InlineData("From: b@c.example, d@e.example\nDate: 28 Nov 2026 08:00 GMT\n\nx", "part 1: more mailboxes in From than allowed")]
    [InlineData("From: group: b@c.example;\nDate: 28 Nov 2026 08:00 GMT\n\nx", "part 1: From is no list of mailboxes")]
    [InlineData("From: <>\nDate: 28 Nov 2026 08:00 GMT\n\nx", "part 1: From is no list of mailboxes")]
    [InlineData("From: a@b.example\nDate: yesterday\n\nx", "part 1: Date is no date")]
    public async Task Asks_for_one_author_and_a_date(string mail, string finding) => Assert.Equal([finding], (await Judge(Mails.Octets(mail))).Findings.AsEnumerable());

    [Theory]
    [InlineData("\"Last, First\" <a@b.example>", 1)]
    [InlineData("John Q. Public <j@p.example> (at home)", 1)]
    [InlineData("a@[192.0.2.1], (c(d)e) \"x y\"@z.example", 2)]
    [InlineData("Undisclosed: ;", 0)]
    [InlineData("G: a@b.example, C <c@d.example>;, e@f.example", 3)]
    [InlineData("G: a@b.example", null)]
    [InlineData("a@b.example c@d.example", null)]
    [InlineData("a..b@c.example", null)]
    [InlineData("a@b.", null)]
    [InlineData("(open a@b.example", null)]
    [InlineData("\"open <a@b.example>", null)]
    [InlineData("a@b.example <c@d.example>", null)]
    public void Counts_mailboxes_by_the_grammar(string value, int? expected) => Assert.Equal(expected, AddressGrammar.Count(Mails.Octets(value), groups: true));

    [Fact]
    [Trait("Threat", "M1")]
    public void Survives_deep_comments_and_long_lists()
    {
        Assert.Null(AddressGrammar.Count(Mails.Octets(new string('(', 200_000)), groups: true));
        Assert.Null(AddressGrammar.Count(Mails.Octets(string.Concat(Enumerable.Repeat("g:", 100_000))), groups: true));
        Assert.Equal(50_000, AddressGrammar.Count(Mails.Octets(string.Join(",", Enumerable.Repeat("a@b", 50_000))), groups: true));
    }

    [Fact]
    public async Task Allows_only_media_types_and_fields_of_the_list()
    {
        var rules = new StructureRules { MediaTypes = ["text/*"], Fields = ["From", "to", "Date", "Message-ID", "Subject", "MIME-Version", "Content-*"] };
        Assert.Equal(CheckOutcome.Passed, (await Judge(Mails.Text("x", "text/csv"), rules)).Outcome);
        Assert.Equal(["part 1: its media type is not allowed"], (await Judge(Mails.Octets($"{Mails.Head}Content-Type: application/zip\n\nx"), rules)).Findings.AsEnumerable());
        Assert.Equal(["part 1: a header field that is not allowed"], (await Judge(Mails.Octets($"{Mails.Head}X-Covert: 1\n\nx"), rules)).Findings.AsEnumerable());
    }

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Refuses_ambiguity_with_its_name_and_the_part()
    {
        var verdict = await Judge(Mails.Mixed("Content-Type: text/plain\nContent-Type: text/html\n\nx", "Content-Transfer-Encoding: base64\n\nAA==AA=="));
        Assert.Equal(["part 1.1: a MIME field stands twice", "part 1.2: the base64 is not sound"], verdict.Findings.AsEnumerable());
    }

    [Fact]
    public async Task Holds_sizes_against_their_limits()
    {
        var rules = new StructureRules { LargestPart = 100, LargestMessage = 2_000, Outcome = CheckOutcome.Suspicious };
        var verdict = await Judge(Mails.Text(new string('x', 101)), rules);
        Assert.Equal((CheckOutcome.Suspicious, "part 1: larger than allowed"), (verdict.Outcome, verdict.Findings[0]));
        Assert.Equal(["the message is larger than allowed"], (await Judge(Mails.Text(new string('x', 2_001)), rules)).Findings.AsEnumerable());
        Assert.Contains("part 1: a line of the header is longer than allowed", (await Judge(Mails.Octets($"X: {new string('x', 1_000)}\n{Mails.Head}\nx"))).Findings.AsEnumerable());
    }

    [Fact]
    public async Task Keeps_the_findings_short()
    {
        var verdict = await Judge(Mails.Mixed([.. Enumerable.Repeat("Content-Type: a/b\n\nx", 60)]));
        Assert.Equal((21, "and 40 more"), (verdict.Findings.Length, verdict.Findings[^1]));
    }

    [Fact]
    public void Takes_no_rule_out_of_its_range()
    {
        Assert.Throws<ArgumentException>(() => new StructureRules { MediaTypes = ["text"] });
        Assert.Throws<ArgumentException>(() => new StructureRules { Fields = ["a b"] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StructureRules { Outcome = CheckOutcome.Passed });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StructureRules { LongestLine = 77 });
        Assert.Equal(8, new StructureRules().Reading.Depth);
    }
}
