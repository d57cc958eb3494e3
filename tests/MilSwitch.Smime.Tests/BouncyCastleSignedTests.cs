using System.Runtime.Versioning;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.X509;

namespace MilSwitch.Smime.Tests;

/// <summary>The CMS of BouncyCastle, which the engine does not use, as second opinion where OpenSSL 3.0 and GnuPG have none.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
public sealed class BouncyCastleSignedTests
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();

    [Theory]
    [InlineData("rsa")]
    [InlineData("pss")]
    [InlineData("p521")]
    [InlineData("ed25519")]
    [InlineData("ml-dsa-44")]
    [InlineData("ml-dsa-65")]
    [InlineData("ml-dsa-87")]
    public async Task BouncyCastle_verifies_what_is_made_here(string kind)
    {
        var octets = (await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [SignedPki.Signer(kind)], SigningTime = SignedPki.Now })).Join(Content);
        var theirs = new CmsSignedData(octets);
        var signer = Assert.Single(theirs.GetSignerInfos().GetSigners());
        var certificate = Assert.Single(theirs.GetCertificates().EnumerateMatches(null));
        Assert.True(signer.SignerID.Match(certificate));
        Assert.True(signer.Verify(new X509CertificateParser().ReadCertificate(SignedPki.Get(kind).Certificate)));

        var changed = (byte[])octets.Clone();
        changed[octets.AsSpan().IndexOf("dawn"u8)] ^= 1;
        var other = new CmsSignedData(changed).GetSignerInfos().GetSigners().Single();
        Assert.Throws<CmsException>(() => other.Verify(certificate));
    }
}
