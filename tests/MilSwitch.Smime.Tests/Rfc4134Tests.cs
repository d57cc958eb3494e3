using System.Formats.Asn1;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>RFC 4134 in full: each of its examples with what its text says of it.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
public sealed class Rfc4134Tests(ITestOutputHelper output)
{
    private static readonly byte[] Sentence = "This is some sample content."u8.ToArray();
    private static readonly DateTimeOffset At = new(2005, 7, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Examples
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var file in SharedVectors.Files("rfc4134", "*", new SilentOutput())) data.Add(Path.GetFileName(file));
            // Without the material there is one case, which says so.
            if (data.Count is 0) data.Add("ExContent.bin");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Is_what_the_document_says(string name)
    {
        if (SharedVectors.File("rfc4134/" + name, output) is not { } octets) return;
        switch (name)
        {
            case "ExContent.bin":
                Assert.Equal(Sentence, octets);
                break;
            case "3.1.bin" or "3.2.bin":
                var data = ContentInfo.Read(octets, CmsBounds.Default);
                Assert.Equal(ContentTypes.Data, data.ContentType);
                Assert.Equal(Sentence, new AsnReader(data.Content, AsnEncodingRules.BER).ReadOctetString());
                break;
            case "4.1.bin" or "4.2.bin" or "4.3.bin" or "4.4.bin" or "4.5.bin" or "4.6.bin" or "4.7.bin" or "4.10.bin":
                Signed(name, SignedData.Read(octets, CmsBounds.Default));
                break;
            case "4.11.bin":
                var only = SignedData.Read(octets, CmsBounds.Default);
                Assert.True(only.IsCertificatesOnly);
                Assert.Equal(["CN=AliceDSS", "CN=CarlDSS"], only.Certificates.Select(c => Certificate.Read(c).Subject.ToString()).Order(StringComparer.Ordinal));
                break;
            case "4.8.eml" or "4.9.eml":
                await SignedMessageAsync(name);
                break;
            case "5.1.bin" or "5.2.bin":
                await EncryptedAsync(belief => belief.ReadAsync(octets));
                break;
            case "5.3.eml":
                var mail = Mail(name);
                await EncryptedAsync(belief => belief.ReadMessageAsync(mail));
                break;
            case "6.0.bin" or "7.1.bin" or "7.2.bin":
                var read = UnsupportedContent.Read(ContentInfo.Read(octets, CmsBounds.Default), CmsBounds.Default);
                Assert.Equal(name is "6.0.bin" ? ContentTypes.DigestedData : ContentTypes.EncryptedData, read.ContentType);
                Assert.Equal(name is "7.2.bin" ? 2 : 0, read.Version);
                Assert.Equal(ContentTypes.Data, read.InnerContentType);
                break;
            case var file when file.EndsWith(".cer", StringComparison.Ordinal):
                JudgeCertificate(Certificate.Read(octets));
                break;
            case var file when file.EndsWith(".crl", StringComparison.Ordinal):
                JudgeList(name, RevocationList.Read(octets));
                break;
            case var file when file.EndsWith(".pri", StringComparison.Ordinal):
                JudgeKey(name, octets);
                break;
            default:
                // Where it comes from; anything else would be an example that nothing here judges.
                Assert.Equal("SOURCE.txt", name);
                break;
        }
    }

    // Sections 4.1 to 4.7 and 4.10.
    private void Signed(string name, SignedData signed)
    {
        var isDetached = name is "4.3.bin";
        Assert.Equal(isDetached, signed.Content is null);
        if (!isDetached) Assert.Equal(Sentence, signed.Content!.Value.ToArray());
        Assert.Equal(name is "4.6.bin" ? 2 : 1, signed.Signers.Count);
        Assert.Equal(name switch { "4.4.bin" => 3, "4.5.bin" or "4.6.bin" => 2, _ => 1 }, signed.Certificates.Count);
        Assert.Equal(name is "4.4.bin" ? 1 : 0, signed.RevocationLists.Count);
        Assert.All(signed.Signers, s => Assert.Equal(name is "4.7.bin", s.Identifier.IsKeyIdentifier));
        foreach (var signer in signed.Signers)
        {
            var verdict = Verify(signed, signer, Sentence, VerificationOptions.Legacy);
            Assert.Empty(verdict.Reasons);
            Assert.Equal(name is "4.2.bin" or "4.5.bin" ? "rsa-1024" : "dsa-1024", verdict.Signature);
            Assert.Equal(DigestAlgorithm.Sha1, verdict.Digest);
            Assert.NotEmpty(Verify(signed, signer, Sentence[1..], VerificationOptions.Legacy).Reasons);
            // By today's rules SHA-1 is no signature, and without attributes it is none either.
            Assert.Contains(Reason.WeakAlgorithm, Verify(signed, signer, Sentence, VerificationOptions.Default).Reasons);
            Assert.Equal(name is not ("4.4.bin" or "4.10.bin"), signer.SignedAttributes.IsAbsent);
        }

        if (name is "4.4.bin") Countersigned(signed);
        if (name is "4.10.bin") Attributes(signed.Signers[0].SignedAttributes);
    }

    private void Countersigned(SignedData signed)
    {
        var signer = signed.Signers[0];
        Assert.Equal([AttributeTypes.ContentType, AttributeTypes.MessageDigest, AttributeTypes.SigningTime], signer.SignedAttributes.Select(a => a.Type).Order(StringComparer.Ordinal));
        Assert.Equal("Content Hints Description Buffer", ContentHints.Read(signer.UnsignedAttributes.Value(AttributeTypes.ContentHints)).Description);
        // "Countersignature by Diane", says the text; the object has one with the RSA certificate of Alice, which it includes too.
        var counter = Assert.Single(signer.Countersignatures);
        var certificate = Known(signed).First(counter.Identifier.Names);
        Assert.Equal("CN=AliceRSA", Certificate.Read(certificate).Subject.ToString());
        Assert.Empty(SignerVerifier.VerifyCountersignature(signer, counter, certificate, Key(certificate), VerificationOptions.Legacy).Reasons);
    }

    // Section 4.10, value by value.
    private static void Attributes(AttributeSet attributes)
    {
        Assert.Equal("This is a test General ASN Attribute, number 1.", Encoding.ASCII.GetString(EssOctets.Read(attributes.Value("1.2.5555"))));
        Assert.Equal(new ContentHints(ContentTypes.Data, "Content Hints Description Buffer"), ContentHints.Read(attributes.Value(AttributeTypes.ContentHints)));
        var capabilities = SmimeCapabilities.Read(attributes.Value(AttributeTypes.SmimeCapabilities));
        Assert.Equal(["1.2.3.4.5.6", "1.2.3.4.5.6.77"], capabilities.Select(c => c.Algorithm));
        Assert.Equal("Smime Capabilities parameters buffer 2", Encoding.ASCII.GetString(EssOctets.Read(capabilities[1].Parameters)));
        AssertLabel(EssLabel.Read(attributes.Value(AttributeTypes.SecurityLabel)), "1.2.3.4.5.6.7.8", "THIS IS A PRIVACY MARK TEST", "THIS IS A TEST SECURITY-CATEGORY.");
        Assert.Equal(
            new ContentReference("1.2.3.4.5.6", "Content Reference Content Identifier Buffer"u8.ToArray(), "Content Reference Signature Value Buffer"u8.ToArray()),
            ContentReference.Read(attributes.Value(AttributeTypes.ContentReference)));
        var preference = EncryptionKeyPreference.Read(attributes.Value(AttributeTypes.EncryptionKeyPreference));
        Assert.Equal("0A554433", Convert.ToHexString(preference.Serial.Span));
        Assert.Equal("CN=Daisy RSA,OU=VDA,OU=VDA Site,O=US Government,C=US", new System.Security.Cryptography.X509Certificates.X500DistinguishedName(preference.Issuer.Span).Decode(System.Security.Cryptography.X509Certificates.X500DistinguishedNameFlags.Reversed).Replace(", ", ",", StringComparison.Ordinal));
        var list = Assert.Single(MlData.ReadHistory(attributes.Value(AttributeTypes.MlExpansionHistory)));
        Assert.Equal("5738299", Encoding.ASCII.GetString(list.List.SubjectKeyIdentifier.Span));
        Assert.Equal(new DateTimeOffset(1999, 3, 11, 10, 44, 33, TimeSpan.Zero), list.ExpandedAt);
        Assert.Equal(MlReceiptPolicy.InsteadOf, list.Policy);
        Assert.Equal(2, Assert.Single(list.Entities).Names.Count);
        var equivalent = EquivalentLabels.Read(attributes.Value(AttributeTypes.EquivalentLabels));
        Assert.Equal(2, equivalent.Count);
        AssertLabel(equivalent[0], "1.2.3.4.5.6.7.9", "EQUIVALENT THIS IS A PRIVACY MARK TEST", "EQUIVALENT THIS IS A TEST SECURITY-CATEGORY.");
        AssertLabel(equivalent[1], "1.2.3.4.5.6.7.10", "EQUIVALENT THIS IS A SECOND PRIVACY MARK TEST", "EQUIVALENT THIS IS A TEST SECURITY-CATEGORY.");

        static void AssertLabel(SecurityLabel label, string policy, string mark, string category)
        {
            Assert.Equal(policy, label.Policy);
            Assert.Equal(1, label.Classification);
            Assert.Equal(mark, label.PrivacyMark);
            Assert.Equal(category, new AsnReader(Assert.IsType<UnknownCategory>(Assert.Single(label.Categories)).Value, AsnEncodingRules.BER).ReadCharacterString(UniversalTagNumber.PrintableString));
        }
    }

    // Sections 4.8 and 4.9.
    private async Task SignedMessageAsync(string name)
    {
        var belief = new CmsBelief([], []);
        var walk = await belief.ReadMessageAsync(Mail(name));
        Assert.Equal(LayerType.Signed, Assert.Single(walk.Layers).Type);
        Assert.True(walk is { IsSigned: true, IsEncrypted: false, HasBrokenSigned: false });
        Assert.Single(belief.Signed);
        Assert.Contains("This is some sample content.", Encoding.ASCII.GetString(walk.Payload!.Octets.Span), StringComparison.Ordinal);
        // From is aliceDss@examples.com, which is not what the certificate says.
        var identity = SignerIdentity.Judge(Certificate.Read(File("AliceDSSSignByCarlNoInherit.cer")), [new MailParty("aliceDss@examples.com", "")]);
        Assert.Equal(IdentityMatch.Mismatch, identity.Match);
    }

    // Sections 5.1 to 5.3.
    private async Task EncryptedAsync(Func<CmsBelief, Task> read)
    {
        using var bob = SoftwareDecryptionKey.FromPkcs8(File("BobRSASignByCarl.cer"), File("BobPrivRSAEncrypt.pri"));
        using var diane = SoftwareDecryptionKey.FromPkcs8(File("DianeRSASignByCarl.cer"), File("DianePrivRSASignEncrypt.pri"));
        var belief = new CmsBelief([bob], []);
        await read(belief);
        Assert.Equal(OpeningOutcome.Opened, belief.Outcome);
        Assert.EndsWith("This is some sample content.", Encoding.ASCII.GetString(belief.Plaintext!).TrimEnd(), StringComparison.Ordinal);
        Assert.Empty(belief.Authenticated);
        var strict = new CmsBelief([bob], [], OpeningOptions.Default);
        await read(strict);
        Assert.Equal(OpeningOutcome.WeakAlgorithm, strict.Outcome);
        var other = new CmsBelief([], []);
        await read(other);
        Assert.Equal(OpeningOutcome.NoKey, other.Outcome);
    }

    // Section 2.3: valid from 1999 to 2039, under Carl.
    private void JudgeCertificate(Certificate certificate)
    {
        var isAuthority = certificate.Subject.ToString().StartsWith("CN=Carl", StringComparison.Ordinal);
        var purpose = certificate.Subject.ToString() switch { "CN=BobRSA" => PathPurpose.Encrypt, _ when isAuthority => PathPurpose.Authority, _ => PathPurpose.Sign };
        Assert.Empty(Judge(certificate, purpose, AlgorithmSuite.Legacy).Reasons);
        Assert.Empty(Judge(certificate, purpose, AlgorithmSuite.Legacy, new(2039, 12, 31, 23, 59, 59, TimeSpan.Zero)).Reasons);
        Assert.Contains(Reason.CertExpired, Judge(certificate, purpose, AlgorithmSuite.Legacy, new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero)).Reasons);
        // Whose own certificate is the anchor is believed for that; what SHA-1 and 1024 bits vouch for is not.
        Assert.NotEmpty(Judge(certificate, purpose, AlgorithmSuite.Default).Reasons);
        var wrong = certificate.Subject.ToString() switch { "CN=BobRSA" => PathPurpose.Sign, "CN=DianeRSA" => PathPurpose.Authority, _ => PathPurpose.Encrypt };
        Assert.Contains(Judge(certificate, wrong, AlgorithmSuite.Legacy).Reasons, r => r is Reason.KeyUsage or Reason.BasicConstraints);
    }

    // Section 2.4: none has a nextUpdate, so none calls a certificate good; who is listed is revoked. Those of RSA are signed with MD5.
    private void JudgeList(string name, RevocationList list)
    {
        Assert.Null(list.NextUpdate);
        Assert.Equal(name switch { _ when name.EndsWith("Empty.crl", StringComparison.Ordinal) => 0, _ when name.EndsWith("ForCarl.crl", StringComparison.Ordinal) => 1, "CarlDSSCRLForAll.crl" => 5, _ => 3 }, list.Count);
        var isDsa = name.StartsWith("CarlDSS", StringComparison.Ordinal);
        foreach (var file in isDsa ? (string[])["AliceDSSSignByCarlNoInherit.cer", "DianeDSSSignByCarlInherit.cer"] : ["AliceRSASignByCarl.cer", "DianeRSASignByCarl.cer", "BobRSASignByCarl.cer"])
        {
            var certificate = Certificate.Read(File(file));
            var isListed = name.EndsWith("ForAll.crl", StringComparison.Ordinal);
            Assert.Equal(isListed, list.Find(certificate) is not null);
            var options = Options(PathPurpose.Any, AlgorithmSuite.Legacy, At) with { MessageRevocationLists = [list], Revocation = RevocationMode.Require };
            Assert.Equal([isListed && isDsa ? Reason.CertRevoked : Reason.RevocationUnknown], PathJudge.Judge(certificate, options).Reasons);
        }
    }

    // Section 2.2.
    private void JudgeKey(string name, byte[] octets)
    {
        var certificate = File(name switch
        {
            "AlicePrivDSSSign.pri" => "AliceDSSSignByCarlNoInherit.cer",
            "AlicePrivRSASign.pri" => "AliceRSASignByCarl.cer",
            "BobPrivRSAEncrypt.pri" => "BobRSASignByCarl.cer",
            "CarlPrivDSSSign.pri" => "CarlDSSSelf.cer",
            "CarlPrivRSASign.pri" => "CarlRSASelf.cer",
            "DianePrivDSSSign.pri" => "DianeDSSSignByCarlInherit.cer",
            _ => "DianeRSASignByCarl.cer",
        });
        if (name.Contains("DSS", StringComparison.Ordinal))
        {
            // Nothing is signed with DSA here, and nothing encrypted for it.
            Assert.Throws<CmsFormatException>(() => SoftwareSigningKeyReader.ReadKey(octets, certificate));
            Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPkcs8(certificate, octets));
            return;
        }

        using var signing = SoftwareSigningKeyReader.ReadKey(octets, certificate);
        using var opening = SoftwareDecryptionKey.FromPkcs8(certificate, octets);
        Assert.Equal(certificate, signing.Certificate.ToArray());
        var other = File(name is "BobPrivRSAEncrypt.pri" ? "AliceRSASignByCarl.cer" : "BobRSASignByCarl.cer");
        Assert.Throws<CmsFormatException>(() => SoftwareSigningKeyReader.ReadKey(octets, other));
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPkcs8(other, octets));
    }

    private SignerVerdict Verify(SignedData signed, SignerInfo signer, byte[] content, VerificationOptions options)
    {
        var certificate = Known(signed).First(signer.Identifier.Names);
        return SignerVerifier.Verify(signer, signed.ContentType, new ContentDigests(content), certificate, Key(certificate), options);
    }

    // Certificates that an object leaves out are beside it.
    private IEnumerable<ReadOnlyMemory<byte>> Known(SignedData signed) =>
        signed.Certificates.Concat(SharedVectors.Files("rfc4134", "*.cer", output).Select(f => (ReadOnlyMemory<byte>)System.IO.File.ReadAllBytes(f)));

    // Diane's key has its parameters from Carl's.
    private VerificationKey? Key(ReadOnlyMemory<byte> certificate)
    {
        var keys = new VerificationKeys();
        return keys.Get(certificate) ?? keys.Get(certificate, File("CarlDSSSelf.cer"));
    }

    private PathVerdict Judge(Certificate certificate, PathPurpose purpose, AlgorithmSuite suite, DateTimeOffset? at = null) => PathJudge.Judge(certificate, Options(purpose, suite, at ?? At));

    private PathOptions Options(PathPurpose purpose, AlgorithmSuite suite, DateTimeOffset at) => new()
    {
        Trust = new TrustMaterial([Certificate.Read(File("CarlDSSSelf.cer")), Certificate.Read(File("CarlRSASelf.cer"))]), At = at, Purpose = purpose, Suite = suite,
    };

    private byte[] File(string name) => SharedVectors.File("rfc4134/" + name, output)!;

    private byte[] Mail(string name) => SharedVectors.ReadMail(SharedVectors.Files("rfc4134", name, output).Single());
}
