using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Text;
using System.Xml;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Policies;

namespace MilSwitch.Smime.Tests.Policies;

[SupportedOSPlatform("linux")]
public sealed class SignedPolicyReaderTests
{
    private const string Dsig = "http://www.w3.org/2000/09/xmldsig#";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_a_policy_with_a_good_signature(bool exclusive)
    {
        var signed = SignedPolicyReader.Read(PolicySigning.Sign(exclusive: exclusive), PolicySigning.Trusting);

        Assert.Equal("ALFA", signed.Policy.Name);
        Assert.Equal(SignedPki.Get("rsa").Certificate, signed.Signer.Encoded.ToArray());
        Assert.Equal(2, signed.Path.Path.Count);
    }

    [Fact]
    public void Believes_no_signer_without_an_anchor() => Assert.Contains("not believed: CHAIN-INCOMPLETE", Refusal(PolicySigning.Sign(), PolicySigning.Trusting with { Trust = new TrustMaterial([]) }), StringComparison.Ordinal);

    [Fact]
    public void Believes_no_signer_after_the_certificate_has_expired() => Assert.Contains("CERT-EXPIRED", Refusal(PolicySigning.Sign(), PolicySigning.Trusting with { At = SignedPki.Now.AddYears(11) }), StringComparison.Ordinal);

    [Fact]
    public void Refuses_an_unsigned_policy() => Assert.Contains("not signed", Refusal(PolicySigning.Sample()), StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_key_that_is_too_short() => Assert.Contains("not that of any certificate", Refusal(PolicySigning.Sign(identity: "rsa-1024")), StringComparison.Ordinal);

    [Theory]
    [InlineData("lacv=\"4\" hierarchy=\"40\"", "lacv=\"4\" hierarchy=\"41\"")]
    [InlineData("name=\"SECRET\"", "name=\"SECRETS\"")]
    [InlineData("<excludedClass>UNCLASSIFIED</excludedClass>", "")]
    [InlineData("  <privacyMarks>", " <privacyMarks>")]
    [Trait("Threat", "X1")]
    public void Refuses_a_policy_that_was_changed(string old, string changed)
    {
        var text = Encoding.UTF8.GetString(PolicySigning.Sign());
        Assert.Contains(old, text, StringComparison.Ordinal);

        // What depends on the change may make it no policy at all; then that is said.
        Assert.NotEmpty(Refusal(Encoding.UTF8.GetBytes(text.Replace(old, changed, StringComparison.Ordinal))));
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_a_changed_signature()
    {
        var document = PolicySigning.Load(PolicySigning.Sign());
        var value = (XmlElement)document.GetElementsByTagName("SignatureValue", Dsig)[0]!;
        var octets = Convert.FromBase64String(value.InnerText);
        octets[^1] ^= 1;
        value.InnerText = Convert.ToBase64String(octets);

        Assert.Contains("not that of any certificate", Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("#id", "something else than the whole document")]
    [InlineData("#xpointer(/)", "something else than the whole document")]
    [InlineData("http://127.0.0.1:1/policy.xml", "something else than the whole document")]
    [InlineData("file:///etc/passwd", "something else than the whole document")]
    [Trait("Threat", "X1")]
    public void Refuses_a_reference_elsewhere(string uri, string reason)
    {
        // Made by hand: nobody would compute it.
        var document = PolicySigning.Load(PolicySigning.Sign());
        ((XmlElement)document.GetElementsByTagName("Reference", Dsig)[0]!).SetAttribute("URI", uri);

        Assert.Contains(reason, Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://www.w3.org/TR/1999/REC-xslt-19991116")]
    [InlineData("http://www.w3.org/TR/1999/REC-xpath-19991116")]
    [InlineData("http://www.w3.org/2002/06/xmldsig-filter2")]
    [InlineData("http://www.w3.org/2000/09/xmldsig#base64")]
    [InlineData("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments")]
    [Trait("Threat", "X1")]
    public void Refuses_other_transforms(string algorithm)
    {
        var document = PolicySigning.Load(PolicySigning.Sign());
        var transforms = (XmlElement)document.GetElementsByTagName("Transforms", Dsig)[0]!;
        var added = document.CreateElement("Transform", Dsig);
        added.SetAttribute("Algorithm", algorithm);
        transforms.AppendChild(added);

        Assert.Contains("not accepted", Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
        transforms.AppendChild(added.CloneNode(true));
        Assert.Contains("otherwise than by leaving itself out", Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Shapes => new()
    {
        { "SignatureMethod", "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "not accepted" },
        { "SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1", "not accepted" },
        { "SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "not accepted" },
        { "DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1", "not accepted" },
        { "DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5", "not accepted" },
        { "CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments", "not accepted" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    [Trait("Threat", "X1")]
    public void Refuses_other_algorithms(string element, string algorithm, string reason)
    {
        var document = PolicySigning.Load(PolicySigning.Sign());
        ((XmlElement)document.GetElementsByTagName(element, Dsig)[0]!).SetAttribute("Algorithm", algorithm);

        Assert.Contains(reason, Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SignatureMethod", "HMACOutputLength", "has parameters")]
    [InlineData("Signature", "Object", "other elements")]
    [InlineData("SignedInfo", "Reference", "other elements")]
    [InlineData("KeyInfo", "KeyValue", "does not come in a certificate")]
    [InlineData("KeyInfo", "RetrievalMethod", "does not come in a certificate")]
    [InlineData("X509Data", "X509CRL", "beside certificates")]
    [Trait("Threat", "X1")]
    public void Refuses_what_a_signature_does_not_need(string parent, string child, string reason)
    {
        var document = PolicySigning.Load(PolicySigning.Sign());
        var added = document.CreateElement(child, Dsig);
        added.InnerText = "1";
        document.GetElementsByTagName(parent, Dsig)[0]!.AppendChild(added);

        Assert.Contains(reason, Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_a_second_signature()
    {
        var document = PolicySigning.Load(PolicySigning.Sign());
        document.DocumentElement!.AppendChild(document.GetElementsByTagName("Signature", Dsig)[0]!.CloneNode(true));

        Assert.Contains("more than one signature", Refusal(PolicySigning.Save(document)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_a_signed_policy_that_is_wrapped_in_another()
    {
        // The good document is kept inside an extension of a forged one, with its signature, or only the signature is.
        var good = PolicySigning.Load(PolicySigning.Sign());
        foreach (var kept in new[] { (XmlNode)good.DocumentElement!, good.GetElementsByTagName("Signature", Dsig)[0]! })
        {
            var forged = PolicySigning.Load(PolicySigning.Sample("bravo"));
            var extensions = forged.CreateElement("extensions", "http://www.xmlspif.org/spif");
            extensions.AppendChild(forged.ImportNode(kept, deep: true));
            forged.DocumentElement!.AppendChild(extensions);

            Assert.Contains("not a child of the document's element", Refusal(PolicySigning.Save(forged)), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_the_signature_of_another_policy()
    {
        var good = PolicySigning.Load(PolicySigning.Sign());
        var forged = PolicySigning.Load(PolicySigning.Sample("bravo"));
        forged.DocumentElement!.AppendChild(forged.ImportNode(good.GetElementsByTagName("Signature", Dsig)[0]!, deep: true));

        Assert.Contains("digest differs", Refusal(PolicySigning.Save(forged)), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_or_believes_any_mutation()
    {
        var good = PolicySigning.Sign();
        var text = Encoding.UTF8.GetString(good);
        var begin = text.IndexOf("<Signature", StringComparison.Ordinal);
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var octets = good.ToArray();
            octets[random.Next(seed % 2 is 0 ? begin : 0, octets.Length)] = (byte)random.Next(32, 127);
            try
            {
                // White space in base64 or between elements of the signature changes nothing that was signed.
                Assert.Equal("ALFA", SignedPolicyReader.Read(octets, PolicySigning.Trusting).Policy.Name);
            }
            catch (PolicyRefusedException e)
            {
                Assert.NotEmpty(e.Problems);
            }
        }
    }

    private static string Refusal(byte[] document, PathOptions? options = null) => Assert.Throws<PolicyRefusedException>(() => SignedPolicyReader.Read(document, options ?? PolicySigning.Trusting)).Message;
}
