using System.Text;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Labels.Tests.Xml;

public sealed class Stanag4778Tests
{
    private const string Label = "<s:originatorConfidentialityLabel xmlns:s=\"urn:nato:stanag:4774:confidentialitymetadatalabel:1:0\"><s:ConfidentialityInformation><s:PolicyIdentifier>NORTHLAND</s:PolicyIdentifier><s:Classification>SECRET</s:Classification></s:ConfidentialityInformation></s:originatorConfidentialityLabel>";
    private const string Metadata = "<Metadata>" + Label + "</Metadata>";
    private const string Whole = "<DataReference URI=\"\"/>";

    [Fact]
    public void Binds_every_label_to_every_object()
    {
        var binding = Read(Binding(Metadata + "<Metadata>" + Label.Replace("originator", "alternative", StringComparison.Ordinal) + "</Metadata>" + Whole + "<DataReference URI=\"cid:a@example.org\"/>"));

        Assert.Equal(4, binding.Labels.Count());
        Assert.All(binding.Labels, l => Assert.Equal(BindingState.Bound, l.State));
        Assert.Equal([Stanag4774Kind.Originator, Stanag4774Kind.Alternative], binding.LabelsOf("cid:a@example.org").Select(l => l.Kind));
        Assert.Empty(binding.LabelsOf("cid:b@example.org"));
    }

    [Fact]
    public void Keeps_a_label_of_metadata_from_the_object()
    {
        var binding = Read(Binding("<Metadata>" + Label.Replace("originator", "metadata", StringComparison.Ordinal) + "</Metadata>" + Whole));

        Assert.Single(binding.Labels);
        Assert.Empty(binding.LabelsOf(""));
    }

    [Theory]
    [InlineData("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>", "")]
    [InlineData("<x xmlns=\"urn:other\"/>", "")]
    [InlineData("", "<ds:Manifest xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>")]
    [Trait("Threat", "C11")]
    public void Counts_nothing_as_bound_where_a_signature_is_claimed(string before, string within)
    {
        var binding = Read($"<BindingInformation xmlns=\"{Stanag4778.Namespace}\">{before}<MetadataBindingContainer><MetadataBinding>{Metadata}{Whole}</MetadataBinding>{within}</MetadataBindingContainer></BindingInformation>");

        Assert.True(binding.ClaimsSignature);
        Assert.Equal(BindingState.SignatureNotChecked, Assert.Single(binding.Labels).State);
        Assert.Empty(binding.LabelsOf(""));
        Assert.Throws<ArgumentException>(() => Stanag4778.Write(binding, SamplePolicy.Set));
    }

    [Fact]
    public void Does_not_bind_to_a_part_that_a_transform_picks()
    {
        var binding = Read(Binding(Metadata + "<DataReference URI=\"\"><ds:Transforms xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/></ds:Transforms></DataReference>"));

        Assert.Equal(BindingState.PartNotSupported, Assert.Single(binding.Labels).State);
        Assert.Empty(binding.LabelsOf(""));
        Assert.Equal(binding, Read(Encoding.UTF8.GetString(Stanag4778.Write(binding, SamplePolicy.Set))));
    }

    [Theory]
    [InlineData(LabelFault.Malformed, "")]
    [InlineData(LabelFault.Malformed, Metadata)]
    [InlineData(LabelFault.Malformed, Whole)]
    [InlineData(LabelFault.Malformed, Whole + Metadata)]
    [InlineData(LabelFault.Malformed, Metadata + Whole + Metadata)]
    [InlineData(LabelFault.Duplicate, "<Metadata>" + Label + Label + "</Metadata>" + Whole)]
    [InlineData(LabelFault.Malformed, "<Metadata/>" + Whole)]
    [InlineData(LabelFault.Malformed, Metadata + "<DataReference/>")]
    [InlineData(LabelFault.Malformed, Metadata + "<DataReference URI=\"\" Uri=\"cid:a@b\"/>")]
    [InlineData(LabelFault.Forbidden, Metadata + "<DataReference URI=\"\" xml:base=\"http://example.org/\"/>")]
    [InlineData(LabelFault.UnknownName, "<Metadata><s:originatorConfidentialityLabel xmlns:s=\"urn:nato:stanag:4774:confidentialitymetadatalabel:1:0\"><s:ConfidentialityInformation><s:PolicyIdentifier>NORTHLAND</s:PolicyIdentifier><s:Classification>OTHER</s:Classification></s:ConfidentialityInformation></s:originatorConfidentialityLabel></Metadata>" + Whole)]
    public void Refuses_what_is_no_binding(LabelFault fault, string content) =>
        Assert.Equal(fault, Assert.Throws<LabelRefusedException>(() => Read(Binding(content))).Fault);

    [Theory]
    [InlineData("", null, null)]
    [InlineData("cid:a%2Bb@example.org", null, "a+b@example.org")]
    [InlineData("mid:m@example.org", "m@example.org", null)]
    [InlineData("MID:m@example.org/p@example.org", "m@example.org", "p@example.org")]
    public void Knows_what_a_reference_means_in_mail(string uri, string? message, string? content)
    {
        var reference = MailReference.Parse(uri);

        Assert.Equal(new MailReference(message, content), reference);
        Assert.Equal(reference, MailReference.Parse(reference!.ToString()));
    }

    [Theory]
    [InlineData("http://example.org/")]
    [InlineData("cid:")]
    [InlineData("cid:no-at")]
    [InlineData("cid:a@b%0D%0AX")]
    [InlineData("#chapter")]
    public void Takes_no_other_reference_for_mail(string uri) => Assert.Null(MailReference.Parse(uri));

    [Fact]
    public void Takes_the_label_of_a_binding_only_when_there_is_one()
    {
        var other = Label.Replace("SECRET", "OPEN", StringComparison.Ordinal);

        Assert.Equal(XmlLabelForm.Stanag4778, XmlLabel.Read(Encoding.UTF8.GetBytes(Binding(Metadata + Whole)), SamplePolicy.Set).Form);
        Assert.Equal(LabelFault.Ambiguous, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(Encoding.UTF8.GetBytes(Binding($"{Metadata}<Metadata>{other}</Metadata>{Whole}")), SamplePolicy.Set)).Fault);
        Assert.Equal(LabelFault.Malformed, Assert.Throws<LabelRefusedException>(() => XmlLabel.Read(Encoding.UTF8.GetBytes(Binding("<MetadataReference URI=\"cid:a@b\"/>" + Whole)), SamplePolicy.Set)).Fault);
    }

    private static string Binding(string content) => $"<BindingInformation xmlns=\"{Stanag4778.Namespace}\"><MetadataBindingContainer><MetadataBinding>{content}</MetadataBinding></MetadataBindingContainer></BindingInformation>";

    private static Stanag4778Binding Read(string document) => Stanag4778.Read(Encoding.UTF8.GetBytes(document), SamplePolicy.Set);
}
