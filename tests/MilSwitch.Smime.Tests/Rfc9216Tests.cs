using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>RFC 9216 in full: two authorities that certify each other, four people with a key to sign and one to encrypt for.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "E-11")]
public sealed class Rfc9216Tests(ITestOutputHelper output)
{
    private static readonly byte[] Content = "Content-Type: text/plain\r\n\r\nAttack at dawn.\r\n"u8.ToArray();

    // Section 2.2: everything ends on 2052-09-27 or later; the oldest is of 2019-11-20.
    private static readonly DateTimeOffset At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> People => [.. (string[])["alice", "bob", "carlos", "dana"]];

    [Fact]
    public void Every_file_is_judged_by_a_test()
    {
        string[] people = ["alice", "bob", "carlos", "dana"];
        string[] judged =
        [
            .. people.SelectMany(p => new[] { $"{p}.encrypt.crt.pem", $"{p}.encrypt.key.pem", $"{p}.p12", $"{p}.sign.crt.pem", $"{p}.sign.key.pem" }),
            "ca.25519.cross.crt.pem", "ca.25519.crt.pem", "ca.25519.key.pem", "ca.rsa.cross.crt.pem", "ca.rsa.crt.pem", "ca.rsa.key.pem", "SOURCE.txt",
        ];
        var there = SharedVectors.Files("rfc9216", "*", output).Select(f => Path.GetFileName(f)!);
        Assert.Empty(there.Except(judged));
    }

    [Theory]
    [MemberData(nameof(People))]
    [Trait("Feature", "Q-02")]
    public void Believes_certificates_for_their_purpose_under_their_own_authority_and_across(string person)
    {
        if (SharedVectors.File("rfc9216/alice.p12", output) is null) return;
        var own = person is "alice" or "bob" ? "rsa" : "25519";
        var other = own is "rsa" ? "25519" : "rsa";
        foreach (var (use, purpose, wrong) in new[] { ("sign", PathPurpose.Sign, PathPurpose.Encrypt), ("encrypt", PathPurpose.Encrypt, PathPurpose.Sign) })
        {
            var certificate = Read($"{person}.{use}");
            Assert.Equal([$"{person}@smime.example"], certificate.MailAddresses);
            Assert.Equal(["2.16.840.1.101.3.2.1.48.1"], certificate.Policies);
            var direct = Options([$"ca.{own}"]) with { Purpose = purpose };
            Assert.Empty(PathJudge.Judge(certificate, direct).Reasons);
            Assert.Equal([Reason.CertExpired], PathJudge.Judge(certificate, direct with { At = new(2053, 1, 1, 0, 0, 0, TimeSpan.Zero) }).Reasons.Distinct());
            Assert.Contains(Reason.CertNotYetValid, PathJudge.Judge(certificate, direct with { At = new(2019, 1, 1, 0, 0, 0, TimeSpan.Zero) }).Reasons);
            Assert.Contains(Reason.KeyUsage, PathJudge.Judge(certificate, direct with { Purpose = wrong }).Reasons);
            // Section 2.3: none says where its revocation could be asked for.
            Assert.Equal([Reason.RevocationUnknown], PathJudge.Judge(certificate, direct with { Revocation = RevocationMode.Require }).Reasons);

            // Sections 3.3 and 6.3: who knows the other authority only needs the certificate across.
            Assert.False(PathJudge.Judge(certificate, Options([$"ca.{other}"]) with { Purpose = purpose }).IsValid);
            var across = PathJudge.Judge(certificate, Options([$"ca.{other}"], $"ca.{own}.cross") with { Purpose = purpose });
            Assert.Empty(across.Reasons);
            Assert.Equal(3, across.Path.Count);
            // It is certified under one policy, the people under another: where one is demanded, that path has none.
            Assert.False(PathJudge.Judge(certificate, Options([$"ca.{other}"], $"ca.{own}.cross") with { Purpose = purpose, ExplicitPolicy = true }).IsValid);
            Assert.Empty(PathJudge.Judge(certificate, direct with { ExplicitPolicy = true, InitialPolicies = ["2.16.840.1.101.3.2.1.48.1"] }).Reasons);
        }
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task Signs_and_encrypts_with_the_keys(string person)
    {
        if (SharedVectors.File($"rfc9216/{person}.sign.key.pem", output) is not { } pem) return;
        var certificate = Read($"{person}.sign").Encoded;
        using var key = SoftwareSigningKeyReader.ReadKey(pem, certificate);
        var signed = SignedData.Read((await SignedDataWriter.SignAsync(new SigningOrder { Content = new ContentDigests(Content), Signers = [new CmsSigner(key)] })).Join(Content), CmsBounds.Default);
        var verdict = SignedPki.Verify(signed, signed.Signers[0]);
        Assert.Empty(verdict.Reasons);
        Assert.Equal(person is "alice" or "bob" ? "rsa-2048" : "ed25519", verdict.Signature);

        var owner = Read($"{person}.encrypt").Encoded;
        using var opening = Opening(person);
        var made = EnvelopedMaterial.Seal(Content, SealingOptions.Default, EnvelopedRecipient.For(RecipientCertificate.Read(owner)));
        using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, opening);
        Assert.Equal(Content, opened.Content.ToArray());

        // Neither key is the other certificate's.
        Assert.Throws<CmsFormatException>(() => SoftwareSigningKeyReader.ReadKey(pem, owner));
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPem(PemEncoding.WriteString("CERTIFICATE", owner.Span) + "\n" + Encoding.ASCII.GetString(pem)));
    }

    [Theory]
    [MemberData(nameof(People))]
    public async Task Opens_PKCS_12_and_takes_the_key_for_its_use(string person)
    {
        if (SharedVectors.File($"rfc9216/{person}.p12", output) is not { } file) return;
        var (key, certificates) = SoftwareSigningKeyReader.ReadPkcs12(file, person);
        using (key)
        {
            Assert.True(Read($"{person}.sign").Encoded.Span.SequenceEqual(key.Certificate.Span));
            Assert.Contains(certificates, c => c.Span.SequenceEqual(Read($"{person}.sign").Encoded.Span));
            Assert.Contains(certificates, c => c.Span.SequenceEqual(Read($"{person}.encrypt").Encoded.Span));
            // Section 2.5: the way to the other authority is in the file.
            Assert.Contains(certificates, c => c.Span.SequenceEqual(Read(person is "alice" or "bob" ? "ca.rsa.cross" : "ca.25519.cross").Encoded.Span));
        }

        var opening = SoftwareDecryptionKey.FromPkcs12(file, person);
        var made = EnvelopedMaterial.Seal(Content, SealingOptions.Default, EnvelopedRecipient.For(RecipientCertificate.Read(Read($"{person}.encrypt").Encoded)));
        using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, [.. opening]);
        Assert.Equal(Content, opened.Content.ToArray());
        Assert.Throws<CmsFormatException>(() => SoftwareSigningKeyReader.ReadPkcs12(file, "wrong"));
        Assert.Throws<CmsFormatException>(() => SoftwareSigningKeyReader.ReadPkcs12(file, null));
        Assert.Throws<CryptographicException>(() => SoftwareDecryptionKey.FromPkcs12(file, "wrong"));
        foreach (var each in opening) each.Dispose();
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("25519")]
    public void Believes_the_authorities(string name)
    {
        if (SharedVectors.File($"rfc9216/ca.{name}.key.pem", output) is not { } pem) return;
        var root = Read($"ca.{name}");
        Assert.Empty(PathJudge.Judge(root, Options([$"ca.{name}"]) with { Purpose = PathPurpose.Authority }).Reasons);
        Assert.Contains(Reason.UntrustedRoot, PathJudge.Judge(root, Options([$"ca.{(name is "rsa" ? "25519" : "rsa")}"]) with { Purpose = PathPurpose.Authority }).Reasons);
        var cross = Read($"ca.{name}.cross");
        Assert.True(cross.SubjectPublicKeyInfo.Span.SequenceEqual(root.SubjectPublicKeyInfo.Span));
        Assert.Empty(PathJudge.Judge(cross, Options([$"ca.{(name is "rsa" ? "25519" : "rsa")}"]) with { Purpose = PathPurpose.Authority }).Reasons);
        foreach (var certificate in new[] { root, cross })
        {
            using var key = SoftwareSigningKeyReader.ReadKey(pem, certificate.Encoded);
            Assert.True(key.Certificate.Span.SequenceEqual(certificate.Encoded.Span));
        }
    }

    private SoftwareDecryptionKey Opening(string person) => SoftwareDecryptionKey.FromPem(
        Encoding.ASCII.GetString(SharedVectors.File($"rfc9216/{person}.encrypt.crt.pem", output)!) + Encoding.ASCII.GetString(SharedVectors.File($"rfc9216/{person}.encrypt.key.pem", output)!));

    private Certificate Read(string name) => CertificateFile.Read(SharedVectors.File($"rfc9216/{name}.crt.pem", output)).Certificates[0];

    private PathOptions Options(string[] anchors, params string[] intermediates) => new() { Trust = new TrustMaterial(anchors.Select(Read), intermediates.Select(Read)), At = At };
}
