using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Xml;
using MilSwitch.Smime.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Policies;

/// <summary>Signs the sample policies as others would, with what the framework offers.</summary>
[SupportedOSPlatform("linux")]
internal static class PolicySigning
{
    public const string Sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    public const string RsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

    public static PathOptions Trusting { get; } = new() { Trust = new TrustMaterial([Certificate.Read(SignedPki.Authority)]), At = SignedPki.Now };

    public static byte[] Sample(string name = "alfa") => File.ReadAllBytes(Path.Combine(Workspace.RepositoryRoot, "config", "policies", name + ".xml"));

    public static XmlDocument Load(byte[] document) => SafeLoad(document);

    public static byte[] Save(XmlDocument document)
    {
        using var octets = new MemoryStream();
        document.Save(octets);
        return octets.ToArray();
    }

    /// <param name="change">What is done to the signature before it is computed.</param>
    /// <param name="identity">Whose key: RSA.</param>
    /// <param name="exclusive">Exclusive canonicalization of document and SignedInfo.</param>
    public static byte[] Sign(Action<SignedXml, XmlDocument>? change = null, string identity = "rsa", bool exclusive = false)
    {
        var signer = SignedPki.Get(identity);
        using var key = RSA.Create();
        key.ImportPkcs8PrivateKey(signer.Pkcs8, out _);
        var document = Load(Sample());
        var signed = new SignedXml(document) { SigningKey = key };
        signed.SignedInfo!.SignatureMethod = RsaSha256;
        signed.SignedInfo.CanonicalizationMethod = exclusive ? SignedXml.XmlDsigExcC14NTransformUrl : SignedXml.XmlDsigC14NTransformUrl;
        var reference = new Reference("") { DigestMethod = Sha256 };
        reference.AddTransform(new XmlDsigEnvelopedSignatureTransform());
        if (exclusive) reference.AddTransform(new XmlDsigExcC14NTransform());
        signed.AddReference(reference);
        var keyInfo = new KeyInfo();
        keyInfo.AddClause(new KeyInfoX509Data(signer.Certificate));
        signed.KeyInfo = keyInfo;
        change?.Invoke(signed, document);
        signed.ComputeSignature();
        document.DocumentElement!.AppendChild(document.ImportNode(signed.GetXml(), deep: true));
        return Save(document);
    }

    private static XmlDocument SafeLoad(byte[] document)
    {
        var tree = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
        using var reader = XmlReader.Create(new MemoryStream(document), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        tree.Load(reader);
        return tree;
    }
}
