using System.Text;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Labels.Tests.Xml;

[Trait("Threat", "C11")]
public sealed class XmlAttackTests
{
    private const string Root = "<label xmlns='http://surevine.com/xmlns/spiffy'>";
    private const string Body = "<policy id='1.2.3'/></label>";

    [Theory]
    [InlineData("<!DOCTYPE label>" + Root + Body)]
    [InlineData("<!DOCTYPE label [<!ENTITY a '1.2.3'>]>" + Root + "<policy id='&a;'/></label>")]
    [InlineData("<!DOCTYPE label [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + Root + "<policy id='1.2.3'>&a;</policy></label>")]
    [InlineData("<!DOCTYPE label SYSTEM 'http://example.org/x.dtd'>" + Root + Body)]
    [InlineData("<!DOCTYPE label [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]>" + Root + "<policy id='1.2.3'>&c;</policy></label>")]
    [InlineData("<?xml-stylesheet href='http://example.org/x.xsl'?>" + Root + Body)]
    [InlineData(Root + "<?php?>" + Body)]
    [InlineData("<label xmlns='http://surevine.com/xmlns/spiffy' xml:base='http://example.org/'>" + Body)]
    public void Refuses_what_reaches_outside_the_document(string document) => Assert.Equal(LabelFault.Forbidden, Refused(document));

    [Theory]
    [InlineData(Root + "<policy id='1.2.3'>&a;</policy></label>")]
    [InlineData(Root + "<policy id='1.2.3'>&#0;</policy></label>")]
    [InlineData(Root + Body + Root + Body)]
    [InlineData(Root)]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("<?xml version='1.0' encoding='utf-7'?>" + Root + Body)]
    [InlineData("<?xml version='1.0' encoding='utf-16'?>" + Root + Body)]
    [InlineData("<?xml version='1.0' encoding='iso-8859-1'?>" + Root + Body)]
    [InlineData("<?xml version='1.1'?>" + Root + Body)]
    [InlineData("<a:label xmlns='http://surevine.com/xmlns/spiffy'>" + "<policy id='1.2.3'/></a:label>")]
    [InlineData(Root + "<policy id='1.2.3' id='1.2.4'/></label>")]
    [InlineData(Root + "<policy id='1.2.3'>a<!-- b -->c</policy></label>")]
    public void Refuses_what_is_not_one_document_in_UTF_8(string document) => Assert.Equal(LabelFault.Malformed, Refused(document));

    [Fact]
    public void Refuses_other_encodings()
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            byte[] document = [.. encoding.Preamble, .. encoding.GetBytes(Root + Body)];
            Assert.Equal(LabelFault.Malformed, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(document, SamplePolicy.Set)).Fault);
        }

        // "<" in two octets, and half a surrogate pair.
        Assert.Equal(LabelFault.Malformed, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(new byte[] { 0xC0, 0xBC }, SamplePolicy.Set)).Fault);
        Assert.Equal(LabelFault.Malformed, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(new byte[] { 0xED, 0xA0, 0x80 }, SamplePolicy.Set)).Fault);
    }

    [Fact]
    public void Reads_a_byte_order_mark_and_a_declaration() =>
        Assert.Equal("1.2.3", XmlLabel.Read(Encoding.UTF8.GetBytes("\uFEFF<?xml version='1.0' encoding='UTF-8'?>" + Root + Body), SamplePolicy.Set).Label.Policy);

    [Fact]
    public void Refuses_depth_size_and_numbers_beyond_a_label()
    {
        Assert.Equal(LabelFault.TooDeep, Refused(string.Concat(Enumerable.Repeat("<a>", 40_000))));
        Assert.Equal(LabelFault.TooLarge, Refused(Root + string.Concat(Enumerable.Repeat("<a/>", 20_000)) + Body));
        Assert.Equal(LabelFault.TooLarge, Refused(Root + new string(' ', LabelBounds.EncodedOctets) + Body));
        Assert.Equal(LabelFault.TooLarge, Refused(Root + "<policy id='1.2.3'/>" + string.Concat(Enumerable.Range(1, 65).Select(i => $"<tag type='restrictive' id='1.2.{i}' lacv='1'/>")) + "</label>"));
        Assert.Equal(LabelFault.TooLarge, Refused(Root + "<policy id='1.2.3'/>" + string.Concat(Enumerable.Range(1, 4_097).Select(i => $"<tag type='restrictive' id='1.2.3' lacv='{i}'/>")) + "</label>"));
        Assert.Equal(LabelFault.TooLarge, Refused(Root + "<policy id='1.2.3'/><privacyMark>" + new string('A', 1_025) + "</privacyMark></label>"));
    }

    [Fact]
    public void Says_where_it_stopped()
    {
        Assert.Equal(Root.Length + 1, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(Encoding.UTF8.GetBytes(Root + "<secret/>" + Body), SamplePolicy.Set)).Position);
        Assert.Equal(Root.Length + 3, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(Encoding.UTF8.GetBytes(Root + "\n <secret/>" + Body), SamplePolicy.Set)).Position);
    }

    [Fact]
    public void Yields_nothing_but_labels_and_refusals_for_changed_documents()
    {
        byte[][] good =
        [
            Stanag4774.Write(new Stanag4774Label { Label = Sample, Created = new XmlTime(DateTimeOffset.UnixEpoch), Originator = new Stanag4774Originator("jID", "a@b") }, SamplePolicy.Set),
            Stanag4778.Write(new Stanag4778Binding { Bindings = [new MetadataBinding("a", 0, [new BoundMetadata { Label = new Stanag4774Label { Label = Sample } }], [new BoundData { Uri = "cid:a@b" }])] }, SamplePolicy.Set),
            NativeXmlLabel.Write(Sample),
            SecLabel.Write(SamplePolicy.Label(4)),
        ];
        var random = new Random(7);
        for (var i = 0; i < 8_000; i++)
        {
            var document = good[i % good.Length].ToList();
            for (var n = random.Next(1, 5); n > 0; n--) Change(document, random);
            try
            {
                Assert.NotNull(XmlLabel.Read(document.ToArray(), SamplePolicy.Set).Label);
            }
            catch (LabelRefusedException e)
            {
                Assert.InRange(e.Position, -1, document.Count);
            }
        }
    }

    private static SecurityLabel Sample => SamplePolicy.Label(4, new TagCategory(SamplePolicy.Release, TagType.EnumeratedPermissive, [10, 20]), new TagCategory(SamplePolicy.Staff, TagType.InformativeBits, [2])) with { PrivacyMark = "MEDICAL IN CONFIDENCE" };

    private static void Change(List<byte> document, Random random)
    {
        var at = random.Next(document.Count);
        switch (random.Next(4))
        {
            case 0: document[at] = (byte)random.Next(256); break;
            case 1: document.RemoveRange(at, Math.Min(random.Next(1, 12), document.Count - at - (at == 0 ? 1 : 0))); break;
            case 2: document.InsertRange(at, document.GetRange(at, Math.Min(random.Next(1, 40), document.Count - at))); break;
            default: document.InsertRange(at, Encoding.ASCII.GetBytes(random.Next(3) switch { 0 => "<a>", 1 => "&lt;", _ => "-1" })); break;
        }

        if (document.Count == 0) document.Add((byte)'<');
    }

    private static LabelFault Refused(string document) => Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(Encoding.UTF8.GetBytes(document), SamplePolicy.Set)).Fault;
}
