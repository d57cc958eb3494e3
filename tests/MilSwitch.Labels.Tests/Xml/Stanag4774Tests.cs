using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

public sealed class Stanag4774Tests
{
    private const string Start = "<originatorConfidentialityLabel xmlns=\"urn:nato:stanag:4774:confidentialitymetadatalabel:1:0\"><ConfidentialityInformation>";
    private const string Policy = "<PolicyIdentifier>NORTHLAND</PolicyIdentifier>";
    private const string Level = "<Classification>SECRET</Classification>";
    private const string Close = "</ConfidentialityInformation>";
    private const string End = "</originatorConfidentialityLabel>";

    [Fact]
    public void Reads_everything_that_a_label_says()
    {
        var label = Read("""
            <?xml version="1.0" encoding="UTF-8"?>
            <slab:alternativeConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0" Id="x1" ReviewDateTime="2031-09-26T00:00:00+02:00">
              <slab:ConfidentialityInformation>
                <slab:PolicyIdentifier URI="urn:oid:1.2.826.0.1.1.77"> northland </slab:PolicyIdentifier>
                <slab:Classification>top
                  secret</slab:Classification>
                <slab:PrivacyMark>MEDICAL IN CONFIDENCE</slab:PrivacyMark>
                <slab:Category Type="PERMISSIVE" TagName="Releasable To" URI="urn:oid:1.2.826.0.1.1.77.2"><slab:GenericValue>EASTLAND</slab:GenericValue><slab:IntegerValue>10</slab:IntegerValue></slab:Category>
                <slab:Category Type="RESTRICTIVE" TagName="Handling"><slab:GenericValue>CRYPTO</slab:GenericValue><slab:GenericValue>BOX</slab:GenericValue></slab:Category>
                <x:Marking xmlns:x="urn:x">kept</x:Marking>
              </slab:ConfidentialityInformation>
              <slab:OriginatorID IDType="userPrincipalName">N\o</slab:OriginatorID>
              <slab:CreationDateTime>2026-08-02T14:06:20.9873126Z</slab:CreationDateTime>
              <slab:SuccessionHandling><slab:SuccessionDateTime>2030-01-01T00:00:00</slab:SuccessionDateTime><slab:SuccessorConfidentialityLabel><slab:ConfidentialityInformation><slab:PolicyIdentifier>NORTHLAND</slab:PolicyIdentifier><slab:Classification>OPEN</slab:Classification></slab:ConfidentialityInformation></slab:SuccessorConfidentialityLabel></slab:SuccessionHandling>
            </slab:alternativeConfidentialityLabel>
            """);

        Assert.Equal(Stanag4774Kind.Alternative, label.Kind);
        Assert.Equal("x1", label.Id);
        Assert.Equal(new DateTimeOffset(2031, 9, 26, 0, 0, 0, TimeSpan.FromHours(2)), label.Review!.Moment);
        Assert.Equal("2026-08-02T14:06:20.9873126Z", label.Created!.Text);
        Assert.Equal(new Stanag4774Originator("userPrincipalName", @"N\o"), label.Originator);
        Assert.Equal(SamplePolicy.Label(1), label.Succession!.Successor.Label);
        Assert.Single(label.InformationExtensions);
        Assert.Equal(
            SamplePolicy.Label(
                5,
                new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [10, 20]),
                new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [2]),
                new TagCategory(SamplePolicy.Handling, TagType.EnumeratedRestrictive, [70_000])) with { PrivacyMark = "MEDICAL IN CONFIDENCE" },
            label.Label);
        Assert.Equal(label, Stanag4774.Read(Stanag4774.Write(label, SamplePolicy.Set), SamplePolicy.Set));
    }

    [Fact]
    public void Reads_and_writes_values_as_bits_and_integers()
    {
        var label = SamplePolicy.Label(
            4, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1, 3]), new TagCategory(SamplePolicy.Handling, TagType.EnumeratedRestrictive, [70_000]), new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [10, 20]));

        var written = Stanag4774.Write(new Stanag4774Label { Label = label }, SamplePolicy.Set, Stanag4774Values.Numbers);

        Assert.Contains("<BitStringValue>0101</BitStringValue>", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.Contains("<IntegerValue>70000</IntegerValue>", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.DoesNotContain("GenericValue", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.Equal(label, Stanag4774.Read(written, SamplePolicy.Set).Label);
        // Wider than what is set, and beside a name.
        Assert.Equal(label with { Categories = [new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1, 3])] }, Read(Start + Policy + Level
            + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><BitStringValue> 00010000 </BitStringValue><GenericValue>ATOMIC</GenericValue></Category>" + Close + End).Label);
    }

    [Fact]
    public void Refuses_a_gigantic_string_of_bits() => Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => Read(
        Start + Policy + Level + $"<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><BitStringValue>{new string('0', 70_000)}</BitStringValue></Category>" + Close + End)).Fault);

    [Theory]
    [InlineData("OriginatorConfidentialityLabel", Stanag4774Kind.Originator)]
    [InlineData("ConfidentialityLabel", Stanag4774Kind.Unspecified)]
    public void Knows_the_names_of_older_schemas(string name, Stanag4774Kind kind) =>
        Assert.Equal(kind, Read($"<{name} xmlns=\"{Stanag4774.Namespace}\"><ConfidentialityInformation><PolicyIdentifier URL=\"urn:oid:{SamplePolicy.Id}\">NORTHLAND</PolicyIdentifier>{Level}{Close}</{name}>").Kind);

    [Theory]
    [InlineData(LabelFault.UnknownPolicy, Start + "<PolicyIdentifier>SOUTHLAND</PolicyIdentifier>" + Level + Close + End)]
    [InlineData(LabelFault.UnknownPolicy, Start + "<PolicyIdentifier URI=\"urn:oid:1.2.3\">NORTHLAND</PolicyIdentifier>" + Level + Close + End)]
    [InlineData(LabelFault.Ambiguous, Start + "<PolicyIdentifier URI=\"urn:oid:1.2.826.0.1.1.77\">SOUTHLAND</PolicyIdentifier>" + Level + Close + End)]
    [InlineData(LabelFault.Malformed, Start + "<PolicyIdentifier URI=\"http://example.org\">NORTHLAND</PolicyIdentifier>" + Level + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + "<Classification>SECRETIVE</Classification>" + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + "<Classification>4</Classification>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + "<Classification>SEC<!-- -->RET</Classification>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + "<Classification></Classification>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Level + Policy + Close + End)]
    [InlineData(LabelFault.Duplicate, Start + Policy + Level + Level + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + "text" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + "<Category TagName=\"Handling\"/>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + "<Category Type=\"restrictive\" TagName=\"Handling\"/>" + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Nothing\"/>" + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + Level + "<Category Type=\"PERMISSIVE\" TagName=\"Handling\"/>" + Close + End)]
    [InlineData(LabelFault.Ambiguous, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"/>" + Close + End)]
    [InlineData(LabelFault.Ambiguous, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><GenericValue>TWICE</GenericValue></Category>" + Close + End)]
    [InlineData(LabelFault.Duplicate, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><GenericValue>BOX</GenericValue><GenericValue>box</GenericValue></Category>" + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><GenericValue>NUCLEAR</GenericValue></Category>" + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><BitStringValue>000001</BitStringValue></Category>" + Close + End)]
    [InlineData(LabelFault.UnknownName, Start + Policy + Level + "<Category Type=\"PERMISSIVE\" TagName=\"Releasable To\"><BitStringValue>01</BitStringValue></Category>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><BitStringValue>012</BitStringValue></Category>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><BitStringValue/></Category>" + Close + End)]
    [InlineData(LabelFault.Duplicate, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><GenericValue>ATOMIC</GenericValue><BitStringValue>01</BitStringValue></Category>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><OtherValue>01</OtherValue></Category>" + Close + End)]
    [InlineData(LabelFault.OutOfRange, Start + Policy + Level + "<Category Type=\"RESTRICTIVE\" TagName=\"Handling\"><IntegerValue>-1</IntegerValue></Category>" + Close + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + Close + "<CreationDateTime>yesterday</CreationDateTime>" + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + Close + "<CreationDateTime>2026-02-30T00:00:00Z</CreationDateTime>" + End)]
    [InlineData(LabelFault.Malformed, Start + Policy + Level + Close + "<OriginatorID IDType=\"shoe\">1</OriginatorID>" + End)]
    [InlineData(LabelFault.Malformed, "<secret/>")]
    public void Refuses_a_label_without_one_meaning(LabelFault fault, string document)
    {
        var refusal = Assert.Throws<LabelRefusedException>(() => Read(document));

        Assert.Equal(fault, refusal.Fault);
        Assert.InRange(refusal.Position, 0, document.Length);
    }

    [Theory]
    [InlineData("NORTHLAND", 1)]
    [InlineData("Northland", 2)]
    public void Prefers_a_name_in_its_exact_letters(string name, int last)
    {
        var policies = new PolicySet([Named("NORTHLAND", "1.1.1"), Named("Northland", "1.1.2")]);

        Assert.Equal($"1.1.{last}", Stanag4774.Read(Encoding.UTF8.GetBytes(Start + $"<PolicyIdentifier>{name}</PolicyIdentifier>" + Level + Close + End), policies).Label.Policy);
        Assert.Equal(LabelFault.Ambiguous, Assert.Throws<LabelRefusedException>(() => Stanag4774.Read(Encoding.UTF8.GetBytes(Start + "<PolicyIdentifier>northland</PolicyIdentifier>" + Level + Close + End), policies)).Fault);
    }

    [Fact]
    public void Refuses_to_write_what_has_no_name()
    {
        Assert.Throws<LabelRefusedException>(() => Write(SamplePolicy.Label(null)));
        Assert.Throws<LabelRefusedException>(() => Write(SamplePolicy.Label(2)));
        Assert.Throws<LabelRefusedException>(() => Write(SamplePolicy.Label(1, new UnknownCategory("1.2", new byte[] { 5, 0 }))));
        Assert.Throws<LabelRefusedException>(() => Write(SamplePolicy.Label(1, new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [60]))));
        Assert.Throws<LabelRefusedException>(() => Write(SamplePolicy.Label(1) with { PrivacyMark = "A\u0001B" }));
        Assert.Throws<LabelRefusedException>(() => Write(new SecurityLabel { Policy = "1.2.3", Classification = 1 }));
    }

    private static SecurityPolicy Named(string name, string id) => new() { Id = id, Name = name, Classifications = [new ClassificationDefinition { Name = "SECRET", Value = 1, Hierarchy = 1 }] };

    private static byte[] Write(SecurityLabel label) => Stanag4774.Write(new Stanag4774Label { Label = label }, SamplePolicy.Set);

    private static Stanag4774Label Read(string document) => Stanag4774.Read(Encoding.UTF8.GetBytes(document), SamplePolicy.Set);
}
