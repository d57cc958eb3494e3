using System.Text;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Tests.Headers;

[Trait("Feature", "G-02")]
public sealed class HeaderProtectionWriterTests
{
    private const string Message =
        "Received: from x\r\nFrom: \"Alice, Secret Cell\" <alice@example.net>\r\nTo: Group One: Bob <bob@example.net>, carol@example.net;\r\nCc: Dave\r\n <dave@example.net>\r\n"
        + "Date: Sat, 20 Feb 2021 10:06:02 -0500\r\nSubject: The hidden subject\r\nKeywords: hidden words\r\nMMHS-Message-Type: 1; identifier=\"HIDDENOP\"\r\nMMHS-Subject-Indicator-Codes: HID\r\n"
        + "MMHS-Primary-Precedence: 4\r\nSIO-Label: type=\":ess\"; label=\"SGVsbG8=\"\r\nMessage-ID: <1@example.net>\r\nHP-Outer: Subject: forged\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii;\r\n\r\nBody  \r\n";

    [Fact]
    [Trait("Feature", "G-03")]
    public void Hides_by_each_policy_what_it_says()
    {
        Assert.Equal(
            ["Received: from x", "From: alice@example.net", "To: bob@example.net, carol@example.net", "Cc: dave@example.net", "Date: Sat, 20 Feb 2021 15:06:02 +0000", "Subject: [...]",
                "MMHS-Message-Type: 1", "MMHS-Primary-Precedence: 4", "Message-ID: <1@example.net>"],
            OuterLines(HeaderConfidentialityPolicy.Mmhs));
        Assert.Contains("SIO-Label: link", OuterLines(HeaderConfidentialityPolicy.Mmhs.With("SIO-Label", new OuterRule(OuterRuleKind.Replace, "link"))));
        var shy = OuterLines(HeaderConfidentialityPolicy.Shy);
        Assert.Contains("From: alice@example.net", shy);
        Assert.Contains("MMHS-Subject-Indicator-Codes: HID", shy);
        var baseline = OuterLines(HeaderConfidentialityPolicy.Baseline);
        Assert.Contains("From: \"Alice, Secret Cell\" <alice@example.net>", baseline);
        Assert.Contains("Subject: [...]", baseline);
        Assert.DoesNotContain(baseline, l => l.Contains("hidden", StringComparison.OrdinalIgnoreCase) && !l.StartsWith("MMHS", StringComparison.Ordinal));
        Assert.Contains("Subject: The hidden subject", OuterLines(HeaderConfidentialityPolicy.None));
    }

    public static TheoryData<ProtectionScheme, bool, string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<ProtectionScheme, bool, string, bool>();
            foreach (var policy in HeaderConfidentialityPolicy.All)
            {
                foreach (var scheme in new[] { ProtectionScheme.Rfc9788, ProtectionScheme.Rfc8551 })
                {
                    ways.Add(scheme, true, policy.Name, false);
                    ways.Add(scheme, true, policy.Name, true);
                    ways.Add(scheme, false, policy.Name, true);
                }
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void What_is_written_is_read_again(ProtectionScheme scheme, bool encrypts, string policyName, bool legacy)
    {
        var policy = HeaderConfidentialityPolicy.All.Single(p => p.Name == policyName);
        var random = new Random(88);
        var serial = 10_000;
        string[] names = ["Subject", "Keywords", "Comments", "X-Thing", "MMHS-Originator-Reference", "MMHS-Primary-Precedence", "References", "Reply-To", "Cc", "SIO-Label"];
        for (var round = 0; round < 200; round++)
        {
            var fields = new StringBuilder("From: N\u00e4me <a@example.net>\r\nDate: Sat, 20 Feb 2021 10:06:02 -0500\r\n");
            foreach (var name in names.Where(_ => random.Next(2) is 0))
                fields.Append(name is "Cc" or "Reply-To" ? $"{name}: Hid{serial++}den <b{random.Next(9)}@example.net>,\r\n c@example.net\r\n" : $"{name}: Hid{serial++}den\r\n\tmore {random.Next(9)}\r\n");
            var message = Entity(fields + (random.Next(2) is 0 ? "" : "Content-Type: text/plain; charset=utf-8; hp=\"clear\"\r\nContent-Transfer-Encoding: 8bit\r\n") + "\r\nBody\r\n\r\n");
            var written = HeaderProtectionWriter.Write(message, scheme, encrypts, policy, legacy);
            var payload = MimeEntity.Read(written.Payload, new MimeBudget());
            Assert.Equal(MimeAmbiguity.None, payload.TreeAmbiguity);
            var outer = Text(written.OuterFields);
            var headers = ProtectedHeaders.Read(Entity(outer + "\r\n").Header, payload, true, encrypts);
            Assert.Equal(scheme, headers.Scheme);
            Assert.Equal(HeaderMismatch.None, headers.Mismatch);
            Assert.False(headers.FromMismatch);
            Assert.Equal(HeaderText.Read(message.Header).Where(f => !f.Name.StartsWith("Content-", StringComparison.Ordinal)), headers.Fields.Select(f => new HeaderText(f.Name, f.Protected!)));
            foreach (var field in headers.Fields)
            {
                var shown = encrypts ? policy.Apply(field.Name, field.Protected!) : field.Protected;
                Assert.Equal(shown, field.Outer);
                Assert.Equal(shown == field.Protected ? FieldProtection.Signed : FieldProtection.SignedAndEncrypted, field.Protection);
                if (shown != field.Protected && field.Protected!.StartsWith("Hid", StringComparison.Ordinal)) Assert.DoesNotContain(field.Protected.Split(' ', '\t')[0], outer, StringComparison.Ordinal);
            }

            var body = scheme is ProtectionScheme.Rfc8551 ? payload.Parts[0] : payload;
            var text = Text(body.RawBody);
            Assert.Equal("Body\r\n\r\n", LegacyDisplay.Marks(body) ? LegacyDisplay.RemoveFromPlain(text) : text);
        }
    }

    [Fact]
    public void Marks_the_payload_and_copies_the_rest()
    {
        var signed = Text(HeaderProtectionWriter.Write(Entity(Message), ProtectionScheme.Rfc9788, false, HeaderConfidentialityPolicy.Mmhs).Payload);
        Assert.EndsWith("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii;\r\n hp=\"clear\"\r\n\r\nBody  \r\n", signed, StringComparison.Ordinal);
        Assert.DoesNotContain("HP-Outer", signed, StringComparison.Ordinal);
        Assert.DoesNotContain("Received", signed, StringComparison.Ordinal);
        var encrypted = Text(HeaderProtectionWriter.Write(Entity(Message), ProtectionScheme.Rfc9788, true, HeaderConfidentialityPolicy.Baseline).Payload);
        Assert.Contains("hp=\"cipher\"\r\nHP-Outer: From: \"Alice, Secret Cell\" <alice@example.net>\r\n", encrypted, StringComparison.Ordinal);
        Assert.Contains("HP-Outer: Subject: [...]\r\n", encrypted, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", encrypted, StringComparison.Ordinal);
    }

    [Fact]
    public void Puts_the_legacy_element_into_main_bodies_only()
    {
        var message = Entity(
            "Subject: a <b>\r\nFrom: a@example.net\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=alt\r\n\r\n--alt\r\n\r\nplain\r\n--alt\r\n"
            + "Content-Type: text/html\r\n\r\n<html><body><p>x</p></body></html>\r\n--alt--\r\n--m\r\nContent-Type: text/plain\r\n\r\nattached\r\n--m--\r\n");
        var payload = MimeEntity.Read(HeaderProtectionWriter.Write(message, ProtectionScheme.Rfc9788, true, HeaderConfidentialityPolicy.Baseline, legacyDisplay: true).Payload, new MimeBudget());
        Assert.Equal(["1.1.1", "1.1.2"], payload.Walk().Where(LegacyDisplay.Marks).Select(e => e.Number));
        Assert.Equal("Subject: a <b>\r\n\r\nplain", Text(payload.Parts[0].Parts[0].RawBody));
        Assert.Equal(
            "<html><body>\r\n<div class=\"header-protection-legacy-display\">\r\n<pre>Subject: a &lt;b&gt;</pre></div>\r\n<p>x</p></body></html>", Text(payload.Parts[0].Parts[1].RawBody));
        Assert.Equal("attached", Text(payload.Parts[1].RawBody));
    }

    [Theory]
    [InlineData("Content-Type: text/plain\r\nContent-Type: text/html\r\nFrom: a@example.net\r\n\r\nx")]
    [InlineData("From: a@example.net\r\nno field\r\n\r\nx")]
    [InlineData("From: nobody\r\n\r\nx")]
    [InlineData("Date: yesterday in Paris\r\n\r\nx")]
    public void Refuses_a_header_that_it_can_not_keep_its_word_about(string message) =>
        Assert.Throws<FormatException>(() => HeaderProtectionWriter.Write(Entity(message), ProtectionScheme.Rfc9788, true, HeaderConfidentialityPolicy.Mmhs));

    [Fact]
    public void Removes_recipients_that_it_can_not_read() =>
        Assert.Equal("", Text(HeaderProtectionWriter.Write(Entity("To: Secret Name <x\r\nCc: undisclosed:;\r\n\r\nx"), ProtectionScheme.Rfc9788, true, HeaderConfidentialityPolicy.Shy).OuterFields));

    private static string[] OuterLines(HeaderConfidentialityPolicy policy) =>
        Text(HeaderProtectionWriter.Write(Entity(Message), ProtectionScheme.Rfc9788, true, policy).OuterFields).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private static MimeEntity Entity(string text) => MimeEntity.Read(Encoding.UTF8.GetBytes(text), new MimeBudget());

    private static string Text(ReadOnlyMemory<byte> octets) => Encoding.UTF8.GetString(octets.Span);
}
