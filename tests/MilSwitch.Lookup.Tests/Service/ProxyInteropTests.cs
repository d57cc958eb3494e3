using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Opening;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

/// <summary>What OpenSSL thinks of proxy certificates, and that the gateway opens what it encrypts to them.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "R-05")]
public sealed class ProxyInteropTests : IDisposable
{
    private const string Inside = "Content-Type: text/plain\r\n\r\nFuel for the convoy.\r\n";

    private readonly Workspace folder = new("proxy");
    private readonly FakeTimeProvider time = new(Now);
    private readonly MemoryLog log = new();

    public void Dispose() => folder.Dispose();

    [RequiresTheory("openssl")]
    [InlineData("bob@north.example")]
    [InlineData("\"bob smith\"@sub.north.example")]
    [InlineData("jörg@north.example")]
    public async Task OpenSsl_verifies_it_under_the_constrained_authority(string recipient)
    {
        using var authority = Authority(log, time, Settings with { GatewayKeys = [RsaKey, EcKey], Ceiling = Restricted, Policies = Policies });
        var issued = Assert.IsType<ProxyAnswer.Issued>(await authority.IssueAsync(new ProxyRequest(Mailbox.Parse(recipient), "test")));
        File.WriteAllText(folder["ca.pem"], Pem(authority.Certificate));
        foreach (var certificate in issued.Certificates)
        {
            File.WriteAllText(folder["bob.pem"], Pem(certificate));
            // OpenSSL knows no keys that agree for this purpose.
            string[] purpose = certificate.KeyUsage is KeyUses.KeyAgreement ? [] : ["-purpose", "smimeencrypt"];
            await OpensslAsync(["verify", "-x509_strict", "-policy", Policy, "-explicit_policy", .. purpose, "-attime", $"{Now.ToUnixTimeSeconds()}", "-CAfile", folder["ca.pem"], folder["bob.pem"]]);
        }
    }

    [RequiresFact("openssl")]
    public async Task OpenSsl_believes_no_such_certificate_for_another_domain()
    {
        // The same authority's key under a certificate without constraints for this domain: what a stolen key could make.
        using var wider = Authority(log, time, Settings with { ForeignDomains = [DomainPattern.Parse("south.example")] }, Signer(permitted: ["south.example"]));
        var stray = await wider.IssueAsync("bob@south.example");
        File.WriteAllText(folder["ca.pem"], Pem(Certificate.Read(Signer().Certificate)));
        File.WriteAllText(folder["stray.pem"], Pem(stray));
        var (exit, output) = await RunAsync("openssl", "verify", "-attime", $"{Now.ToUnixTimeSeconds()}", "-CAfile", folder["ca.pem"], folder["stray.pem"]);
        Assert.NotEqual(0, exit);
        Assert.Contains("permitted subtree violation", output, StringComparison.Ordinal);
    }

    [RequiresFact("openssl")]
    public async Task OpenSsl_shows_what_everybody_must_be_able_to_see()
    {
        using var authority = Authority(log, time, Settings with { Ceiling = Restricted, Policies = Policies });
        File.WriteAllText(folder["bob.pem"], Pem(await authority.IssueAsync("bob@north.example")));
        var text = await OpensslAsync("x509", "-text", "-noout", "-in", folder["bob.pem"]);
        string[] needed =
        [
            "Subject: O = Boundary of unit.example, CN = bob@north.example", "X509v3 Key Usage: critical", "Key Encipherment", "E-mail Protection", "email:bob@north.example",
            "URI:smtp:gateway.unit.example", "Policy: " + Policy, "X509v3 Subject Directory Attributes", "S/MIME Capabilities", "X509v3 No Revocation Available", "Not After : Mar  5 05:06:07 2026 GMT",
        ];
        // OpenSSL 3.0 knows noRevAvail by its number alone.
        text = text.Replace("2.5.29.56:", "X509v3 No Revocation Available", StringComparison.Ordinal);
        foreach (var words in needed) Assert.Contains(words, text, StringComparison.Ordinal);
        Assert.DoesNotContain("Digital Signature", text, StringComparison.Ordinal);
    }

    [RequiresTheory("openssl")]
    [InlineData(false, "-aes-256-gcm", "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256")]
    [InlineData(false, "-aes-256-cbc", "-keyid -keyopt rsa_padding_mode:oaep")]
    [InlineData(true, "-aes-256-gcm", "-keyopt ecdh_kdf_md:sha256")]
    [InlineData(true, "-aes-256-gcm", "-keyid -keyopt ecdh_kdf_md:sha256")]
    public async Task The_gateway_opens_what_openssl_encrypts_to_the_recipient(bool agrees, string cipher, string extra)
    {
        using var authority = Authority(log, time, Settings with { GatewayKeys = [agrees ? EcKey : RsaKey] });
        File.WriteAllText(folder["bob.pem"], Pem(await authority.IssueAsync("bob@north.example")));
        File.WriteAllText(folder["inside"], Inside);
        await OpensslAsync(["cms", "-encrypt", "-binary", "-in", folder["inside"], "-out", folder["made.eml"], "-subject", "Fuel", "-from", "ops@unit.example", "-to", "bob@north.example", cipher, "-recip", folder["bob.pem"], .. extra.Split(' ')]);
        var message = File.ReadAllBytes(folder["made.eml"]);
        // What came late is opened all the same: the key is still the gateway's.
        time.Advance(TimeSpan.FromDays(5));
        Assert.EndsWith(Inside, await OpenAsync(authority, message), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_opens_its_part_of_a_message_to_recipients_of_both_sides_and_nothing_of_others()
    {
        using var authority = Authority(log, time, Settings with { GatewayKeys = [EcKey, RsaKey] });
        using var other = Authority(log, time, Settings with { ForeignDomains = [DomainPattern.Parse("south.example")], GatewayKeys = [EcKey] }, Signer(permitted: ["south.example"], further: null));
        var bob = EnvelopedRecipient.For(RecipientCertificate.Read((await authority.IssueAsync("bob@north.example")).Encoded));
        var eve = EnvelopedRecipient.For(RecipientCertificate.Read((await authority.IssueAsync("eve@north.example")).Encoded));
        var plain = Encoding.ASCII.GetBytes("From: ops@unit.example\r\nTo: bob@north.example, eve@north.example\r\nSubject: Fuel\r\n" + Inside);
        var made = (await MessageProtector.EncryptAsync(plain, new EncryptionSettings { Recipients = [bob, eve] })).ToArray();
        Assert.EndsWith(Inside, await OpenAsync(authority, made), StringComparison.Ordinal);
        var keys = new ProxyKeys(authority.Certificate, GatewayKeys());
        Assert.Equal(2, (await keys.ForAsync(made)).Count);
        Assert.Empty(await keys.ForAsync(plain));
        Assert.Empty(await keys.ForAsync(Encoding.ASCII.GetBytes("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nnothing")));
        // Another authority's names are not ours, though its key is the same.
        var stranger = new ProxyKeys(Certificate.Read(TestRoot()), GatewayKeys());
        Assert.Empty(await stranger.ForAsync(made));
    }

    [Fact]
    public async Task A_signature_around_the_encryption_does_not_hide_the_recipients()
    {
        using var authority = Authority(log, time);
        var recipient = EnvelopedRecipient.For(RecipientCertificate.Read((await authority.IssueAsync("bob@north.example")).Encoded));
        var signature = new SignatureSettings { Signers = [new(Signer(), false)], SigningTime = Now };
        var made = await MessageProtector.WrapAsync(
            Encoding.ASCII.GetBytes("From: ops@unit.example\r\nTo: bob@north.example\r\n" + Inside), signature, new EncryptionSettings { Recipients = [recipient] }, signature);
        Assert.Single(await new ProxyKeys(authority.Certificate, GatewayKeys()).ForAsync(made.ToArray()));
    }

    private static byte[] TestRoot()
    {
        using var pki = new TestPki("Another CA");
        return pki.Authority.RawData;
    }

    private static async Task<string> OpenAsync(ProxyAuthority authority, byte[] message)
    {
        var keys = await new ProxyKeys(authority.Certificate, GatewayKeys()).ForAsync(message);
        using var opened = await MessageProtector.DecryptAsync(message, keys, OpeningOptions.Default);
        Assert.Equal(DecryptionOutcome.Opened, opened.Outcome);
        return Encoding.Latin1.GetString(opened.Message.ToArray());
    }
}
