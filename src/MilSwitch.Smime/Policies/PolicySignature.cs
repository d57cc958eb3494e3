using System.Security.Cryptography;
using System.Security.Cryptography.Xml;
using System.Xml;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Policies;

/// <summary>One enveloped XML signature of the only shape that is accepted. Not thread-safe: it works on the document's tree.</summary>
internal sealed class PolicySignature
{
    private const string Namespace = SignedXml.XmlDsigNamespaceUrl;
    private const int MostCertificates = 16;
    private const int LeastRsa = 2048;
    private const int MostRsa = 8192;

    private readonly XmlDocument document;
    private readonly XmlElement signature;
    private readonly XmlElement signedInfo;
    private readonly PolicySignatureMethod method;
    private readonly Func<Transform> canonicalizeInfo;
    private readonly Func<Transform> canonicalizeDocument;
    private readonly HashAlgorithmName digest;
    private readonly byte[] digestValue;
    private readonly byte[] value;

    private PolicySignature(XmlDocument document, XmlElement signature)
    {
        this.document = document;
        this.signature = signature;
        var parts = Children(signature, "SignedInfo", "SignatureValue", "KeyInfo");
        signedInfo = parts[0];
        value = Octets(parts[1]);
        Certificates = ReadCertificates(parts[2]);
        var info = Children(signedInfo, "CanonicalizationMethod", "SignatureMethod", "Reference");
        canonicalizeInfo = PolicySignatureMethod.Canonicalization(Algorithm(info[0])) ?? throw Unsupported("canonicalization");
        method = PolicySignatureMethod.Find(Algorithm(info[1])) ?? throw Unsupported("signature");
        var reference = info[2];
        // Not even an Id: nothing refers to anything.
        if (reference.GetAttributeNode("URI") is not { Value: "" } || OwnAttributes(reference) is not 1) throw SignedPolicyReader.Refused("The signature refers to something else than the whole document");
        var how = Children(reference, "Transforms", "DigestMethod", "DigestValue");
        canonicalizeDocument = ReadTransforms(how[0]);
        digest = PolicySignatureMethod.DigestOf(Algorithm(how[1])) ?? throw Unsupported("digest");
        digestValue = Octets(how[2]);
    }

    /// <summary>In the order in which they came; one of them may be the signer's.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <exception cref="MilSwitch.Labels.Policies.PolicyRefusedException">There is none of the accepted shape.</exception>
    public static PolicySignature Read(XmlDocument document)
    {
        var found = document.GetElementsByTagName("*", Namespace).OfType<XmlElement>().Where(e => e.LocalName is "Signature").Take(2).ToArray();
        if (found.Length is 0) throw SignedPolicyReader.Refused("The policy is not signed");
        if (found.Length > 1) throw SignedPolicyReader.Refused("The policy has more than one signature");
        if (found[0].ParentNode != document.DocumentElement) throw SignedPolicyReader.Refused("The signature is not a child of the document's element");
        return new PolicySignature(document, found[0]);
    }

    /// <summary>The digest is that of the document without the signature.</summary>
    public bool CoversDocument()
    {
        var copy = (XmlDocument)document.CloneNode(true);
        copy.XmlResolver = null;
        copy.PreserveWhitespace = true;
        var own = copy.DocumentElement!.ChildNodes.OfType<XmlElement>().Single(e => e.LocalName is "Signature" && e.NamespaceURI is Namespace);
        own.ParentNode!.RemoveChild(own);
        return CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(digest, Canonical(copy, canonicalizeDocument())), digestValue);
    }

    /// <summary>
    /// <c>SignedInfo</c> as it was signed: with the namespaces and xml: attributes of what is around it (XML-C14N §2.4), the latter
    /// not in the exclusive form (XML-EXC-C14N §3).
    /// </summary>
    public byte[] SignedOctets()
    {
        var transform = canonicalizeInfo();
        var isExclusive = transform is XmlDsigExcC14NTransform;
        var alone = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
        var top = (XmlElement)alone.ImportNode(signedInfo, deep: true);
        alone.AppendChild(top);
        foreach (var around in new[] { signature, document.DocumentElement! })
        {
            foreach (var attribute in around.Attributes.OfType<XmlAttribute>())
            {
                var isInherited = attribute.Prefix is "xmlns" || attribute.Name is "xmlns" || (attribute.Prefix is "xml" && !isExclusive);
                if (isInherited && !top.HasAttribute(attribute.Name)) top.SetAttributeNode((XmlAttribute)alone.ImportNode(attribute, deep: true));
            }
        }

        return Canonical(alone, transform);
    }

    public bool Verifies(Certificate certificate, ReadOnlySpan<byte> octets)
    {
        var key = certificate.ReadKey();
        if (method.IsRsa)
        {
            if (key is not { Family: SignatureFamily.RsaPkcs1, Size: >= LeastRsa and <= MostRsa }) return false;
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(certificate.SubjectPublicKeyInfo.Span, out _);
            return rsa.VerifyData(octets, value, method.Digest, RSASignaturePadding.Pkcs1);
        }

        if (key is not { Family: SignatureFamily.Ecdsa, Size: 256 or 384 or 521 }) return false;
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(certificate.SubjectPublicKeyInfo.Span, out _);
        return ecdsa.VerifyData(octets, value, method.Digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static byte[] Canonical(XmlDocument tree, Transform transform)
    {
        transform.Resolver = null;
        transform.LoadInput(tree);
        using var output = (Stream)transform.GetOutput(typeof(Stream));
        using var octets = new MemoryStream();
        output.CopyTo(octets);
        return octets.ToArray();
    }

    private static Func<Transform> ReadTransforms(XmlElement transforms)
    {
        var algorithms = transforms.ChildNodes.OfType<XmlElement>().Select(t => t.LocalName is "Transform" && t.NamespaceURI is Namespace ? Algorithm(t) : "").ToArray();
        if (OwnAttributes(transforms) > 0 || algorithms is not [SignedXml.XmlDsigEnvelopedSignatureTransformUrl] and not [SignedXml.XmlDsigEnvelopedSignatureTransformUrl, _])
            throw SignedPolicyReader.Refused("The signature transforms the document otherwise than by leaving itself out and canonicalizing");
        return (algorithms.Length is 1 ? () => new XmlDsigC14NTransform() : PolicySignatureMethod.Canonicalization(algorithms[1])) ?? throw Unsupported("transform");
    }

    private static IReadOnlyList<Certificate> ReadCertificates(XmlElement keyInfo)
    {
        var all = new List<Certificate>();
        foreach (var data in keyInfo.ChildNodes.OfType<XmlElement>())
        {
            if (data.LocalName is not "X509Data" || data.NamespaceURI is not Namespace) throw SignedPolicyReader.Refused("The signature's key does not come in a certificate");
            foreach (var item in data.ChildNodes.OfType<XmlElement>())
            {
                if (item.LocalName is not "X509Certificate" || item.NamespaceURI is not Namespace) throw SignedPolicyReader.Refused("The signature has something beside certificates in X509Data");
                if (all.Count >= MostCertificates) throw SignedPolicyReader.Refused($"The signature has more than {MostCertificates} certificates");
                try
                {
                    all.Add(Certificate.Read(Octets(item)));
                }
                catch (CmsFormatException e)
                {
                    throw SignedPolicyReader.Refused("The signature has a certificate that can't be read", e);
                }
            }
        }

        return all;
    }

    // Exactly these elements, and no attribute but an Id, to which nothing refers.
    private static XmlElement[] Children(XmlElement parent, params string[] names)
    {
        var children = parent.ChildNodes.OfType<XmlElement>().ToArray();
        if (children.Length != names.Length || children.Zip(names).Any(c => c.First.LocalName != c.Second || c.First.NamespaceURI is not Namespace))
            throw SignedPolicyReader.Refused($"{parent.LocalName} of the signature has other elements than {string.Join(", ", names)}");
        return children;
    }

    // A parameter, such as a truncated length, would be an element of the method.
    private static string Algorithm(XmlElement method) => OwnAttributes(method) is 1 && !method.HasChildNodes && method.GetAttributeNode("Algorithm") is { } algorithm
        ? algorithm.Value
        : throw SignedPolicyReader.Refused($"{method.LocalName} of the signature has parameters");

    private static int OwnAttributes(XmlElement element) => element.Attributes.OfType<XmlAttribute>().Count(a => a.Prefix is not "xmlns" && a.Name is not "xmlns");

    private static byte[] Octets(XmlElement element)
    {
        try
        {
            return element.ChildNodes.OfType<XmlElement>().Any() ? throw SignedPolicyReader.Refused($"{element.LocalName} of the signature has elements") : Convert.FromBase64String(element.InnerText);
        }
        catch (FormatException e)
        {
            throw SignedPolicyReader.Refused($"{element.LocalName} of the signature is not base64", e);
        }
    }

    private static MilSwitch.Labels.Policies.PolicyRefusedException Unsupported(string kind) => SignedPolicyReader.Refused($"The {kind} algorithm of the signature is not accepted");
}
