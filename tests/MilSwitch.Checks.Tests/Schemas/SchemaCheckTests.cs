using System.Text;
using MilSwitch.Checks.Schemas;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Tests.Schemas;

[Trait("Feature", "D-13")]
public sealed class SchemaCheckTests : IDisposable
{
    private const string Types = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:mtf" xmlns="urn:test:mtf">
          <xs:simpleType name="serial"><xs:restriction base="xs:positiveInteger"><xs:maxInclusive value="999"/></xs:restriction></xs:simpleType>
        </xs:schema>
        """;

    private const string Schema = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:mtf" xmlns="urn:test:mtf" elementFormDefault="qualified">
          <xs:include schemaLocation="types.xsd"/>
          <xs:element name="report"><xs:complexType><xs:sequence>
            <xs:element name="serial" type="serial"/>
            <xs:element name="text" type="xs:string" maxOccurs="2"/>
          </xs:sequence></xs:complexType></xs:element>
        </xs:schema>
        """;

    private const string Good = "<report xmlns=\"urn:test:mtf\"><serial>7</serial><text>at the bridge</text></report>";

    private readonly string folder = Directory.CreateTempSubdirectory("milswitch-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Lets_pass_what_follows_its_schema_and_what_is_no_xml()
    {
        Assert.Equal(CheckOutcome.Passed, (await JudgeAsync(Good)).Outcome);
        Assert.Equal(CheckOutcome.Passed, (await JudgeAsync("text", "text/plain", "x.txt")).Outcome);
        var verdict = await JudgeAsync("text", "text/plain", "x.txt", new SchemaRules { IsRequired = true });
        Assert.Equal((CheckOutcome.Blocked, "there is no XML in it"), (verdict.Outcome, Assert.Single(verdict.Findings)));
    }

    [Theory]
    [InlineData("<report xmlns=\"urn:test:mtf\"><serial>1000</serial><text>a</text></report>", "part 1.2: it does not follow its schema (line 1, column ")]
    [InlineData("<report xmlns=\"urn:test:mtf\">\n<serial>7</serial></report>", "part 1.2: it does not follow its schema (line 2, column ")]
    [InlineData("<report xmlns=\"urn:test:mtf\"><serial>7</serial><text>a</text><secret/></report>", "part 1.2: it does not follow its schema")]
    [InlineData("<other xmlns=\"urn:elsewhere\"/>", "part 1.2: an element or attribute that no schema knows (line 1, column ")]
    [InlineData("<report/>", "part 1.2: an element or attribute that no schema knows")]
    [InlineData("<other xmlns=\"urn:x\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:schemaLocation=\"urn:x types.xsd\"/>", "part 1.2: an element or attribute that no schema knows")]
    [InlineData("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", "part 1.2: XML that is not well formed or has a document type")]
    [InlineData("<report", "part 1.2: XML that is not well formed or has a document type")]
    public async Task Blocks_what_follows_none_and_tells_nothing_of_it(string xml, string finding)
    {
        var verdict = await JudgeAsync(xml);
        Assert.Equal(CheckOutcome.Blocked, verdict.Outcome);
        var told = Assert.Single(verdict.Findings);
        Assert.StartsWith(finding, told, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", told, StringComparison.Ordinal);
        Assert.Equal(CheckOutcome.Suspicious, (await JudgeAsync(xml, rules: new SchemaRules { Outcome = CheckOutcome.Suspicious })).Outcome);
    }

    [Theory]
    [InlineData("text/plain", "report.XML")]
    [InlineData("application/mtf+xml", null)]
    [InlineData("application/octet-stream", "report.bin")]
    public async Task Knows_xml_by_type_name_or_beginning(string type, string? name) =>
        Assert.Equal(CheckOutcome.Blocked, (await JudgeAsync("<?xml version=\"1.0\"?><other xmlns=\"urn:elsewhere\"/>", type, name)).Outcome);

    [Fact]
    public async Task What_is_too_deep_or_too_large_is_not_judged_and_does_not_pass()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 50)) + string.Concat(Enumerable.Repeat("</a>", 50));
        File.WriteAllText(Path.Combine(folder, "any.xsd"), "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"><xs:element name=\"a\"><xs:complexType><xs:sequence><xs:element ref=\"a\" minOccurs=\"0\"/></xs:sequence></xs:complexType></xs:element></xs:schema>");
        var set = SchemaFiles.Read([Path.Combine(folder, "any.xsd")], (_, _, text) => Assert.Fail(text))!;
        var mail = Mails.Subject(Mails.Attaching(Encoding.UTF8.GetBytes(deep), "application/xml", "a.xml"));
        Assert.Equal(CheckOutcome.Passed, (await new SchemaCheck(set, new SchemaRules()).CheckAsync(mail, default)).Outcome);
        Assert.Equal("part 1.2: XML too deep inside itself", Assert.Single((await new SchemaCheck(set, new SchemaRules { Depth = 20 }).CheckAsync(mail, default)).Findings));
        var large = await JudgeAsync(Good.Replace("bridge", new string('x', 2_000), StringComparison.Ordinal), rules: new SchemaRules { LargestFile = 1 << 10 });
        Assert.Equal((CheckOutcome.Suspicious, "part 1.2: XML that is too large to be judged"), (large.Outcome, Assert.Single(large.Findings)));
    }

    [Fact]
    public void Names_file_and_line_of_a_schema_that_is_none()
    {
        var told = new List<string>();
        File.WriteAllText(Path.Combine(folder, "bad.xsd"), "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">\n<xs:element name=\"a\" type=\"nothing\"/></xs:schema>");
        Assert.Null(SchemaFiles.Read([Path.Combine(folder, "bad.xsd")], (file, line, text) => told.Add($"{Path.GetFileName(file)}:{line}")));
        Assert.Equal(["bad.xsd:2"], told);
        told.Clear();
        Directory.CreateDirectory(Path.Combine(folder, "inner"));
        File.WriteAllText(Path.Combine(folder, "types.xsd"), Types);
        File.WriteAllText(Path.Combine(folder, "inner", "out.xsd"), Schema.Replace("types.xsd", "../types.xsd", StringComparison.Ordinal));
        Assert.Null(SchemaFiles.Read([Path.Combine(folder, "inner", "out.xsd")], (file, _, _) => told.Add(Path.GetFileName(file))));
        Assert.NotEmpty(told);
    }

    private async Task<CheckVerdict> JudgeAsync(string text, string type = "application/xml", string? name = "report.xml", SchemaRules? rules = null)
    {
        File.WriteAllText(Path.Combine(folder, "types.xsd"), Types);
        var file = Path.Combine(folder, "mtf.xsd");
        File.WriteAllText(file, Schema);
        var set = SchemaFiles.Read([file], (_, _, fault) => Assert.Fail(fault))!;
        return await new SchemaCheck(set, rules ?? new SchemaRules()).CheckAsync(Mails.Subject(Mails.Attaching(Encoding.UTF8.GetBytes(text), type, name)), default);
    }
}
