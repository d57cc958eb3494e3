using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

[Trait("Feature", "H-13")]
public sealed class Stanag4774ClearanceTests
{
    private const string Policy = "<s:PolicyIdentifier URI='urn:oid:1.2.826.0.1.1.77'>NORTHLAND</s:PolicyIdentifier>";
    private const string List = "<ClassificationList><s:Classification>SECRET</s:Classification><s:Classification>OPEN</s:Classification></ClassificationList>";

    [Fact]
    public void Reads_a_clearance_by_the_names_of_its_policy()
    {
        var clearance = Read(Policy + List
            + "<s:Category Type='RESTRICTIVE' TagName='Handling'><s:GenericValue>ATOMIC</s:GenericValue><s:GenericValue>BOX</s:GenericValue></s:Category>"
            + "<s:Category Type='PERMISSIVE' TagName='Releasable To' URI='urn:oid:1.2.826.0.1.1.77.2'><s:GenericValue>EASTLAND</s:GenericValue></s:Category>");

        Assert.Equal(
            new Clearance
            {
                Policy = SamplePolicy.Id, Classifications = [1, 4],
                Categories =
                [
                    new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1]), new TagCategory(SamplePolicy.Handling, TagType.EnumeratedRestrictive, [70_000]),
                    new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [20]),
                ],
            },
            clearance);
    }

    // The list is at its word: what stands below the highest is not included.
    [Fact]
    public void Permits_what_it_lists()
    {
        var clearance = Read("<s:PolicyIdentifier>NORTHLAND</s:PolicyIdentifier><ClassificationList><s:Classification>SECRET</s:Classification></ClassificationList>");
        Assert.True(AccessControl.Permits(SamplePolicy.Label(4), clearance, SamplePolicy.Policy));
        Assert.False(AccessControl.Permits(SamplePolicy.Label(1), clearance, SamplePolicy.Policy));
        Assert.False(AccessControl.Permits(SamplePolicy.Label(5), clearance, SamplePolicy.Policy));
    }

    [Fact]
    public void Tells_the_forms_apart_by_their_namespace()
    {
        var native = new Clearance { Policy = SamplePolicy.Id, Classifications = [1, 4] };
        Assert.Equal(native, XmlClearance.Read(NativeXmlClearance.Write(native), SamplePolicy.Set));
        Assert.Equal(native, XmlClearance.Read(Document(Policy + List), SamplePolicy.Set));
        Assert.Throws<LabelRefusedException>(() => XmlClearance.Read(Encoding.UTF8.GetBytes("<a/>"), SamplePolicy.Set));
        Assert.Throws<LabelRefusedException>(() => XmlClearance.Read(Stanag4774.Write(new Stanag4774Label { Label = SamplePolicy.Label(4) }, SamplePolicy.Set), SamplePolicy.Set));
    }

    [Theory]
    [InlineData(LabelFault.Malformed, "")]
    [InlineData(LabelFault.Malformed, Policy)]
    [InlineData(LabelFault.Malformed, List + Policy)]
    [InlineData(LabelFault.Malformed, Policy + "<ClassificationList/>")]
    [InlineData(LabelFault.Malformed, Policy + "<s:ClassificationList><s:Classification>OPEN</s:Classification></s:ClassificationList>")]
    [InlineData(LabelFault.Malformed, Policy + "<ClassificationList><Classification>OPEN</Classification></ClassificationList>")]
    [InlineData(LabelFault.Malformed, Policy + List + "<limit xmlns='urn:x'/>")]
    [InlineData(LabelFault.Malformed, Policy + List + "<s:PrivacyMark>X</s:PrivacyMark>")]
    [InlineData(LabelFault.Duplicate, Policy + "<ClassificationList><s:Classification>OPEN</s:Classification><s:Classification>open</s:Classification></ClassificationList>")]
    [InlineData(LabelFault.Duplicate, Policy + List + List)]
    [InlineData(LabelFault.Duplicate, Policy + List + "<s:Category Type='RESTRICTIVE' TagName='Handling'><s:GenericValue>ATOMIC</s:GenericValue></s:Category><s:Category Type='RESTRICTIVE' TagName='Handling'><s:GenericValue>CRYPTO</s:GenericValue></s:Category>")]
    [InlineData(LabelFault.UnknownPolicy, "<s:PolicyIdentifier>SOUTHLAND</s:PolicyIdentifier>" + List)]
    [InlineData(LabelFault.Ambiguous, "<s:PolicyIdentifier URI='urn:oid:1.2.826.0.1.1.77'>SOUTHLAND</s:PolicyIdentifier>" + List)]
    [InlineData(LabelFault.UnknownName, Policy + "<ClassificationList><s:Classification>SECRETLY</s:Classification></ClassificationList>")]
    [InlineData(LabelFault.UnknownName, Policy + List + "<s:Category Type='RESTRICTIVE' TagName='Handling'><s:GenericValue>NONE</s:GenericValue></s:Category>")]
    public void Refuses_what_is_no_clearance_and_says_where(LabelFault fault, string content)
    {
        var refused = Assert.Throws<LabelRefusedException>(() => Read(content));
        Assert.Equal(fault, refused.Fault);
        Assert.InRange(refused.Position, 0, Document(content).Length);
    }

    [Fact]
    public void Yields_nothing_but_clearances_and_refusals_for_changed_documents()
    {
        var random = new Random(4774);
        var good = Document(Policy + List + "<s:Category Type='RESTRICTIVE' TagName='Handling'><s:GenericValue>ATOMIC</s:GenericValue></s:Category>");
        byte[][] all = [good, NativeXmlClearance.Write(new Clearance { Policy = SamplePolicy.Id, Classifications = [1, 4], Categories = [new TagCategory(SamplePolicy.Handling, TagType.Restrictive, [1])] })];
        for (var i = 0; i < 4_000; i++)
        {
            var document = all[i % all.Length].ToArray();
            for (var n = random.Next(1, 4); n > 0; n--) document[random.Next(document.Length)] = (byte)random.Next(256);
            try
            {
                Assert.NotNull(XmlClearance.Read(document, SamplePolicy.Set).Policy);
            }
            catch (LabelRefusedException refused)
            {
                Assert.InRange(refused.Position, -1, document.Length);
            }
        }
    }

    private static Clearance Read(string content) => Stanag4774Clearance.Read(Document(content), SamplePolicy.Set);

    private static byte[] Document(string content) => Encoding.UTF8.GetBytes($"<ConfidentialityClearance xmlns='{Stanag4774Clearance.Namespace}' xmlns:s='{Stanag4774.Namespace}'>{content}</ConfidentialityClearance>");
}
