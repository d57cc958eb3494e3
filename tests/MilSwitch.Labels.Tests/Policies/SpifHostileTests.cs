using System.Text;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Documents that are made to hurt (threat X1).</summary>
[Trait("Threat", "X1")]
public sealed class SpifHostileTests(ITestOutputHelper output)
{
    private const int Seeds = 1_500;

    public static TheoryData<string> DocumentTypes => new()
    {
        "<!DOCTYPE SPIF>",
        "<!DOCTYPE SPIF SYSTEM \"http://127.0.0.1:1/spif.dtd\">",
        "<!DOCTYPE SPIF [<!ENTITY a \"x\">]>",
        "<!DOCTYPE SPIF [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE SPIF [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/p\"> %p;]>",
        "<!DOCTYPE SPIF [<!ATTLIST SPIF schemaVersion CDATA \"2.1\">]>",
        "<!DOCTYPE SPIF [<!ENTITY a \"0123456789\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">]>",
    };

    [Theory]
    [MemberData(nameof(DocumentTypes))]
    public void Refuses_a_document_type(string type)
    {
        var problem = Assert.Single(Assert.Throws<PolicyRefusedException>(() => SpifSample.Read(type + "\n" + SpifSample.Text)).Problems);

        Assert.Equal(1, problem.Line);
        Assert.Contains("document type", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_processing_instruction() =>
        Assert.Equal((1, "A processing instruction is not allowed"), (SpifSample.RefusalWith("<SPIF", "<?xml-stylesheet href='http://127.0.0.1:1/'?>\n<SPIF").Problems.Single() is var p ? p.Line : 0, p.Text));

    [Fact]
    public void Refuses_what_is_nested_a_hundred_thousand_times() => Assert.Contains("nested", RefusalOf("<privacyMarks>", Repeat("<privacyMark>", 100_000)), StringComparison.Ordinal);

    [Fact]
    public void Refuses_extensions_that_are_nested_a_hundred_thousand_times() => Assert.Contains("nested", RefusalOf("<privacyMarks>", "<extensions>" + Repeat("<a>", 100_000)), StringComparison.Ordinal);

    [Fact]
    public void Refuses_more_elements_than_a_policy_has() => Assert.Contains("elements", RefusalOf("<privacyMarks>", "<extensions>" + Repeat("<a/>", SpifBounds.Elements + 1) + "</extensions><privacyMarks>"), StringComparison.Ordinal);

    [Fact]
    public void Refuses_an_attribute_of_megabytes() => Assert.Contains("longer than 256", RefusalOf("name=\"HIGH\"", $"name=\"{new string('H', 4_000_000)}\""), StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_hundred_thousand_attributes() => Assert.Contains("attributes", RefusalOf("name=\"HIGH\"", string.Concat(Enumerable.Range(0, 100_000).Select(i => $" a{i}=''"))), StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_document_that_is_too_large() => Assert.Contains("octets", Assert.Throws<PolicyRefusedException>(() => SpifReader.Read(new byte[SpifBounds.Octets + 1])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("<SPIF")]
    [InlineData("<SPIF/><SPIF/>")]
    [InlineData("<a:SPIF/>")]
    [InlineData("<SPIF>&nosuch;</SPIF>")]
    [InlineData("<?xml version=\"1.0\" encoding=\"no-such\"?><SPIF/>")]
    [InlineData("<SPIF xmlns=\"http://www.xmlspif.org/spif\"></SPIF>")]
    [InlineData("{\"SPIF\":1}")]
    public void Refuses_what_is_no_policy(string text) => Assert.NotEmpty(Assert.Throws<PolicyRefusedException>(() => SpifSample.Read(text)).Problems);

    [Fact]
    public void Tells_where_the_xml_breaks() => Assert.Equal(5, SpifSample.RefusalWith("color=\"green\"/>", "color=\"green/>").Problems.Single().Line - 1);

    [Fact]
    public void Never_follows_schema_locations() =>
        Assert.Equal("TEST", SpifSample.ReadWith("<SPIF", "<SPIF xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.xmlspif.org/spif http://127.0.0.1:1/x.xsd\"").Name);

    [Theory]
    [InlineData("sample")]
    [InlineData("alfa")]
    [InlineData("vector")]
    public void Refuses_or_reads_any_mutation(string which)
    {
        var document = which switch
        {
            "sample" => Encoding.UTF8.GetBytes(SpifSample.Text),
            "alfa" => SamplePolicies.Octets("alfa"),
            _ => SharedVectors.File("labels-spif/nato-4774-policy.xml", output) is { } vector ? vector[..Math.Min(vector.Length, 20_000)].Concat(vector[^6_000..]).ToArray() : [],
        };
        if (document.Length is 0) return;
        var read = 0;
        for (var seed = 0; seed < Seeds / (which is "sample" ? 1 : 5); seed++)
        {
            try
            {
                SpifReader.Read(PolicyMutations.Xml(document, seed));
                read++;
            }
            catch (PolicyRefusedException e)
            {
                Assert.All(e.Problems, p => Assert.InRange(p.Text.Length, 10, 500));
            }
        }

        output.WriteLine($"{read} mutations are policies still.");
    }

    private static string RefusalOf(string old, string changed) => SpifSample.RefusalWith(old, changed).Problems[0].Text;

    private static string Repeat(string text, int times) => new StringBuilder(text.Length * times).Insert(0, text, times).ToString();
}
