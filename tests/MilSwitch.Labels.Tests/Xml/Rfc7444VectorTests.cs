using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Labels.Tests.Xml;

public sealed partial class Rfc7444VectorTests(ITestOutputHelper output)
{
    [Fact]
    public void Reads_the_XML_label_of_the_example()
    {
        if (SharedVectors.File("mmhs/rfc7444-xml.hdr", output) is not { } field) return;
        var base64 = string.Concat(Piece().Matches(Encoding.ASCII.GetString(field)).Select(m => m.Groups[1].Value));

        var label = XmlLabel.Read(Convert.FromBase64String(base64), PolicySet.Empty);

        Assert.Equal(XmlLabelForm.SecLabel, label.Form);
        Assert.Equal(new SecurityLabel { Policy = "1.1", Classification = 3 }, label.Label);
        Assert.Equal(label.Label, XmlLabel.Read(SecLabel.Write(label.Label), PolicySet.Empty).Label);
    }

    [GeneratedRegex("""label\*[0-9]+="([^"]*)""")]
    private static partial Regex Piece();
}
