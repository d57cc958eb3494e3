using System.Runtime.Versioning;
using System.Text;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Policies;

/// <summary>What another library signs, and what it says of what is signed here.</summary>
[SupportedOSPlatform("linux")]
public sealed class XmlSecInteropTests
{
    private const string Inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    private const string Exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";

    public static TheoryData<string, string, string, string> Methods => new()
    {
        { "rsa", "rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256", Inclusive },
        { "rsa", "rsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512", Exclusive },
        { "p256", "ecdsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256", Exclusive },
        { "p384", "ecdsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#sha384", Inclusive },
        { "p521", "ecdsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512", Inclusive },
    };

    [RequiresTheory("xmlsec1")]
    [MemberData(nameof(Methods))]
    public void Reads_what_xmlsec_signs(string identity, string method, string digest, string canonicalization)
    {
        using var workspace = new Workspace("xmlsec");
        var signed = Sign(workspace, identity, method, digest, canonicalization);

        Assert.Equal("COALITION", SignedPolicyReader.Read(signed, PolicySigning.Trusting).Policy.Name);
        var text = Encoding.UTF8.GetString(signed);
        var changed = text.Replace("hierarchy=\"4\"", "hierarchy=\"44\"", StringComparison.Ordinal);
        Assert.NotEqual(text, changed);
        Assert.Throws<PolicyRefusedException>(() => SignedPolicyReader.Read(Encoding.UTF8.GetBytes(changed), PolicySigning.Trusting));
    }

    [RequiresTheory("xmlsec1")]
    [InlineData(false)]
    [InlineData(true)]
    public void Signs_what_xmlsec_verifies(bool exclusive)
    {
        using var workspace = new Workspace("xmlsec");
        File.WriteAllBytes(workspace["signed.xml"], PolicySigning.Sign(exclusive: exclusive));
        File.WriteAllText(workspace["anchor.pem"], SignedPki.AuthorityPem);

        var (exit, output) = SignedPki.Run("xmlsec1", "--verify", "--trusted-pem", workspace["anchor.pem"], workspace["signed.xml"]);

        Assert.True(exit is 0, output);
    }

    private static byte[] Sign(Workspace workspace, string identity, string method, string digest, string canonicalization)
    {
        var template = $"""
            <Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="{canonicalization}"/>
            <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{method}"/>
            <Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><Transform Algorithm="{canonicalization}"/></Transforms>
            <DigestMethod Algorithm="{digest}"/><DigestValue/></Reference></SignedInfo><SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature></SPIF>
            """;
        var policy = Encoding.UTF8.GetString(PolicySigning.Sample("coalition")).Replace("</SPIF>", template, StringComparison.Ordinal).Replace("<SPIF ", "<SPIF xml:lang=\"en\" ", StringComparison.Ordinal);
        File.WriteAllText(workspace["policy.xml"], policy);
        File.WriteAllText(workspace["key.pem"], SignedPki.Get(identity).KeyPem);
        File.WriteAllText(workspace["certificate.pem"], SignedPki.Get(identity).CertificatePem);
        var (exit, output) = SignedPki.Run("xmlsec1", "--sign", "--privkey-pem", $"{workspace["key.pem"]},{workspace["certificate.pem"]}", "--output", workspace["signed.xml"], workspace["policy.xml"]);
        Assert.True(exit is 0, output);
        return File.ReadAllBytes(workspace["signed.xml"]);
    }
}
