using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

public sealed class NativeXmlTests
{
    [Fact]
    public void Reads_a_label_with_the_names_that_people_put_in()
    {
        var label = NativeXmlLabel.Read(Label("<policy id='1.2.826.0.1.1.77'>Northland</policy><classification lacv='4'>secret</classification><tag type='permissive' id='1.2.826.0.1.1.77.3' lacv='2'/><tag type='informative' id='1.2.826.0.1.1.77.4' lacv='3'>x</tag><tag type='permissive' id='1.2.826.0.1.1.77.3' lacv='0'/>"), SamplePolicy.Set);

        Assert.Equal(SamplePolicy.Label(4, new TagCategory(SamplePolicy.Context, TagType.Permissive, [0, 2]), new TagCategory(SamplePolicy.Staff, TagType.InformativeBits, [3])), label);
    }

    [Fact]
    public void Needs_a_policy_for_informative_values_only()
    {
        Assert.Equal("1.2.3", NativeXmlLabel.Read(Label("<policy id='1.2.3'/><tag type='restrictive' id='1.2.3.1' lacv='2'/>"), PolicySet.Empty).Policy);
        Assert.Equal(LabelFault.UnknownPolicy, Refused("<policy id='1.2.3'/><tag type='informative' id='1.2.3.1' lacv='2'/>"));
    }

    [Theory]
    [InlineData(LabelFault.Malformed, "")]
    [InlineData(LabelFault.Malformed, "<policy id='policy'/>")]
    [InlineData(LabelFault.Malformed, "<policy id='1..2'/>")]
    [InlineData(LabelFault.Malformed, "<policy/>")]
    [InlineData(LabelFault.Duplicate, "<policy id='1.2.3'/><policy id='1.2.3'/>")]
    [InlineData(LabelFault.Duplicate, "<policy id='1.2.3'/><classification lacv='1'/><classification lacv='2'/>")]
    [InlineData(LabelFault.OutOfRange, "<policy id='1.2.3'/><classification lacv='-1'/>")]
    [InlineData(LabelFault.OutOfRange, "<policy id='1.2.3'/><classification lacv='257'/>")]
    [InlineData(LabelFault.OutOfRange, "<policy id='1.2.3'/><classification lacv='99999999999999999999'/>")]
    [InlineData(LabelFault.OutOfRange, "<policy id='1.2.3'/><tag type='restrictive' id='1.2.3.1' lacv='65536'/>")]
    [InlineData(LabelFault.Duplicate, "<policy id='1.2.3'/><tag type='restrictive' id='1.2.3.1' lacv='1'/><tag type='restrictive' id='1.2.3.1' lacv='1'/>")]
    [InlineData(LabelFault.Malformed, "<policy id='1.2.3'/><tag type='obstructive' id='1.2.3.1' lacv='1'/>")]
    [InlineData(LabelFault.Malformed, "<policy id='1.2.3'/><tag type='restrictive' id='1.2.3.1'/>")]
    [InlineData(LabelFault.Malformed, "<policy id='1.2.3'/><secret/>")]
    [InlineData(LabelFault.Malformed, "<policy id='1.2.3' name='x'/>")]
    public void Refuses_what_is_no_label(LabelFault fault, string content) => Assert.Equal(fault, Refused(content));

    [Fact]
    public void Refuses_to_write_what_the_form_has_no_place_for()
    {
        Assert.Throws<LabelRefusedException>(() => NativeXmlLabel.Write(SamplePolicy.Label(1, new UnknownCategory("1.2", new byte[] { 5, 0 }))));
        Assert.Throws<LabelRefusedException>(() => NativeXmlLabel.Write(SamplePolicy.Label(1, new TagCategory("1.2.3", TagType.Restrictive, []))));
        Assert.Throws<LabelRefusedException>(() => NativeXmlLabel.Write(SamplePolicy.Label(1, new TagCategory("1.2.3", TagType.Restrictive, [1]), new TagCategory("1.2.3", TagType.Restrictive, [2]))));
        Assert.Throws<LabelRefusedException>(() => NativeXmlClearance.Write(new Clearance { Policy = "1.2.3", Classifications = [4], IncludesLower = true }));
        Assert.Throws<LabelRefusedException>(() => SecLabel.Write(SamplePolicy.Label(1) with { PrivacyMark = "X" }));
    }

    [Fact]
    public void Reads_a_clearance_with_its_classifications_in_order()
    {
        var clearance = NativeXmlClearance.Read(Encoding.UTF8.GetBytes("<clearance xmlns='http://surevine.com/xmlns/spiffy'><policy id='1.2.3'/><classification lacv='10'/><classification lacv='4'/><tag type='restrictive' id='1.2.3.1' lacv='0'/></clearance>"), PolicySet.Empty);

        Assert.Equal([4, 10], clearance.Classifications.AsEnumerable());
        Assert.False(clearance.IncludesLower);
        Assert.Equal([new TagCategory("1.2.3.1", TagType.Restrictive, [0])], clearance.Categories.AsEnumerable());
    }

    [Theory]
    [InlineData("<PolicyIdentifier URI=\"urn:oid:1.1\"/><Classification>3</Classification>", "1.1", 3)]
    [InlineData("<PolicyIdentifier URI=\"urn:oid:1.2.826.0.1.1.77\"/><Classification>SECRET</Classification>", SamplePolicy.Id, 4)]
    [InlineData("<PolicyIdentifier URI=\"urn:oid:1.1\"/>", "1.1", null)]
    public void Reads_the_label_of_RFC_7444(string content, string policy, int? classification) =>
        Assert.Equal(new SecurityLabel { Policy = policy, Classification = classification }, SecLabel.Read(Encoding.UTF8.GetBytes($"<SecLabel xmlns=\"{SecLabel.Namespace}\">{content}</SecLabel>"), SamplePolicy.Set));

    [Theory]
    [InlineData(LabelFault.Malformed, "")]
    [InlineData(LabelFault.Malformed, "<Classification>3</Classification><PolicyIdentifier URI=\"urn:oid:1.1\"/>")]
    [InlineData(LabelFault.Malformed, "<PolicyIdentifier URI=\"http://example.org\"/>")]
    [InlineData(LabelFault.UnknownPolicy, "<PolicyIdentifier URI=\"urn:oid:1.1\"/><Classification>SECRET</Classification>")]
    [InlineData(LabelFault.OutOfRange, "<PolicyIdentifier URI=\"urn:oid:1.1\"/><Classification>257</Classification>")]
    public void Refuses_what_is_no_label_of_RFC_7444(LabelFault fault, string content) =>
        Assert.Equal(fault, Assert.Throws<LabelRefusedException>(() => SecLabel.Read(Encoding.UTF8.GetBytes($"<SecLabel xmlns=\"{SecLabel.Namespace}\">{content}</SecLabel>"), SamplePolicy.Set)).Fault);

    private static byte[] Label(string content) => Encoding.UTF8.GetBytes($"<label xmlns='{NativeXmlLabel.Namespace}'>{content}</label>");

    private static LabelFault Refused(string content) => Assert.Throws<LabelRefusedException>(() => NativeXmlLabel.Read(Label(content), SamplePolicy.Set)).Fault;
}
