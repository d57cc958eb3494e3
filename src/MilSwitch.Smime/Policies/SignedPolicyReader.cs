using System.Security.Cryptography;
using System.Xml;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Policies;

/// <summary>
/// Reads policies that are signed: in XML (XMLDSig 1.1, enveloped) or in ASN.1 (<c>SIGNED</c>, X.841). Of XML only one shape is
/// accepted: one signature, a child of the document's element, over the whole document; there is nothing to point elsewhere, so nothing
/// can be wrapped, fetched or computed. Keys come from certificates, and those are judged like all others. Thread-safe.
/// </summary>
public static class SignedPolicyReader
{
    /// <param name="document">Open XML SPIF, or a SPIF in ASN.1.</param>
    /// <param name="options">
    /// What is believed in, and as of when. Certificates of an XML signature help to find a path; that of ASN.1 brings none, so the
    /// signer's, which has the name of the policy's originator, must be among the anchors, the intermediates or those of the message.
    /// </param>
    /// <exception cref="PolicyRefusedException">It is no policy, is not signed in that shape, the signature is not good, or the signer is not believed.</exception>
    public static SignedPolicy Read(ReadOnlyMemory<byte> document, PathOptions options) =>
        // XML begins with '<', whatever its encoding says; ASN.1 with the tag of a SEQUENCE, which is '0'.
        document.Span is [(byte)'0', ..] ? ReadAsn(document, options) : ReadXml(document, options);

    private static SignedPolicy ReadXml(ReadOnlyMemory<byte> document, PathOptions options)
    {
        // Refuses what is large, deep or has a document type, before a tree is made of it.
        var policy = SpifReader.Read(document);
        var signature = PolicySignature.Read(Load(document));
        if (!signature.CoversDocument()) throw Refused("The policy is not what was signed: its digest differs");
        if (Signer(signature) is not { } signer) throw Refused("The signature is not that of any certificate that comes with it");
        return Believed(policy, signer, options with { MessageCertificates = [.. options.MessageCertificates, .. signature.Certificates] });
    }

    private static SignedPolicy ReadAsn(ReadOnlyMemory<byte> document, PathOptions options)
    {
        var policy = AsnSpifReader.Read(document);
        return Believed(policy, AsnPolicySignature.Read(document).Signer(options), options);
    }

    private static SignedPolicy Believed(SecurityPolicy policy, Certificate signer, PathOptions options)
    {
        var path = PathJudge.Judge(signer, options);
        if (!path.IsValid) throw Refused($"The signer is not believed: {string.Join(", ", path.Reasons.Select(Reasons.Text))}");
        if (signer.KeyUsage is { } uses && (uses & (KeyUses.DigitalSignature | KeyUses.NonRepudiation)) is 0) throw Refused("The signer's key may not sign");
        return new SignedPolicy(policy, signer, path);
    }

    internal static PolicyRefusedException Refused(string text, Exception? cause = null) => new([new PolicyProblem(0, 0, text)], cause);

    internal static XmlDocument Load(ReadOnlyMemory<byte> document)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = SpifBounds.Octets, CloseInput = true };
        var tree = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(document.ToArray(), writable: false), settings);
            tree.Load(reader);
        }
        catch (XmlException e)
        {
            throw Refused("This is not well-formed XML", e);
        }

        return tree;
    }

    private static Certificate? Signer(PolicySignature signature)
    {
        var octets = signature.SignedOctets();
        foreach (var certificate in signature.Certificates)
        {
            try
            {
                if (signature.Verifies(certificate, octets)) return certificate;
            }
            catch (CryptographicException)
            {
                // A key that can't be used signed nothing.
            }
        }

        return null;
    }
}
