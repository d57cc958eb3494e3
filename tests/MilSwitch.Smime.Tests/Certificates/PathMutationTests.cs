using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests.Certificates;

/// <summary>A certificate, list or response with one octet changed is believed only where what is signed is the same to the octet.</summary>
[Trait("Feature", "E-11")]
[Trait("Threat", "C5")]
public sealed class PathMutationTests(ITestOutputHelper output)
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly TestAuthority Middle = Root.Below("CN=Middle");
    private static readonly Certificate Alice = Middle.Issue(r =>
    {
        TestAuthority.Sign(r);
        r.CertificateExtensions.Add(TestAuthority.Names((1, "alice@unit.example")));
        r.CertificateExtensions.Add(TestAuthority.Policies("1.3.6.1.4.1.99999.1"));
        r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.4")], false));
    });

    [Fact]
    public async Task Believes_no_mutated_certificate()
    {
        Assert.True(Judge(Alice).IsValid);
        await HoldAsync("end entity", Alice.Encoded, o => Certificate.Read(o), c => Judge(c), c => c.Signed);
        await HoldAsync("intermediate", Middle.Certificate.Encoded, o => Certificate.Read(o), c => Judge(Alice, c), c => c.Signed);
    }

    [Fact]
    public async Task Believes_no_mutated_revocation_list()
    {
        var good = Middle.List([(Middle.Issue(), 1)]);
        var bad = Middle.List([(Alice, 1)]);
        Assert.True(Judge(Alice, lists: [good, Root.List()]).IsValid);
        Assert.False(Judge(Alice, lists: [bad, Root.List()]).IsValid);
        await HoldAsync("list", Middle.ListOctets([(Middle.Issue(), 1)]), o => RevocationList.Read(o), l => Judge(Alice, lists: [l, Root.List()]), l => l.Signed);
        await Mutations.ForEachAsync("list that names the certificate", Middle.ListOctets([(Alice, 1)]), mutant =>
        {
            if (Read(() => RevocationList.Read(mutant)) is { } list) Assert.False(Judge(Alice, lists: [list, Root.List()]).IsValid);
        });
    }

    [Fact]
    public async Task Believes_no_mutated_response()
    {
        using var responder = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var delegated = Middle.Issue(
            r =>
            {
                r.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.9")], false));
                r.CertificateExtensions.Add(TestAuthority.Raw("1.3.6.1.5.5.7.48.1.5", false, w => w.WriteNull()));
            },
            "CN=Responder", key: responder);
        foreach (var (name, certificate, key) in new[] { ("issuer", null, null), ("delegated", (Certificate?)delegated, (ECDsa?)responder) })
        {
            var good = Response(0);
            Assert.True(Judge(Alice, lists: [Root.List()], response: OcspResponse.Read(good)).IsValid);
            await HoldAsync($"response of {name}", good, o => OcspResponse.Read(o), r => Judge(Alice, lists: [Root.List()], response: r), r => r.Signed);
            await Mutations.ForEachAsync($"response of {name} that it is revoked", Response(1), mutant =>
            {
                if (Read(() => OcspResponse.Read(mutant)) is { } response) Assert.False(Judge(Alice, lists: [Root.List()], response: response).IsValid);
            });

            byte[] Response(int status) => Middle.AnswerOctets(Alice, status, nextUpdate: TestAuthority.Now.AddDays(1), responder: certificate, responderKey: key);
        }
    }

    [Theory]
    [InlineData("alice.sign", "ca.rsa")]
    [InlineData("bob.encrypt", "ca.rsa")]
    [InlineData("carlos.sign", "ca.25519")]
    [InlineData("dana.encrypt", "ca.25519")]
    [InlineData("ca.25519.cross", "ca.rsa")]
    public async Task Believes_no_mutated_certificate_of_RFC_9216(string name, string anchor)
    {
        if (SharedVectors.File($"rfc9216/{name}.crt.pem", output) is not { } file) return;
        var certificate = CertificateFile.Read(file).Certificates[0];
        var options = new PathOptions { Trust = new TrustMaterial(CertificateFile.Read(SharedVectors.File($"rfc9216/{anchor}.crt.pem", output)).Certificates), At = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero) };
        Assert.True(PathJudge.Judge(certificate, options).IsValid);
        await HoldAsync(name, certificate.Encoded, o => Certificate.Read(o), c => PathJudge.Judge(c, options), c => c.Signed);
    }

    private static PathVerdict Judge(Certificate certificate, Certificate? middle = null, RevocationList[]? lists = null, OcspResponse? response = null) => PathJudge.Judge(certificate, new PathOptions
    {
        Trust = new TrustMaterial([Root.Certificate], [middle ?? Middle.Certificate], lists, response is null ? null : [response]),
        At = TestAuthority.Now, Purpose = PathPurpose.Sign, Revocation = lists is null ? RevocationMode.Off : RevocationMode.Require,
    });

    private static async Task HoldAsync<T>(string name, ReadOnlyMemory<byte> sound, Func<byte[], T> read, Func<T, PathVerdict> judge, Func<T, ReadOnlyMemory<byte>> signed)
        where T : class
    {
        var original = read(sound.ToArray());
        Assert.True(judge(original).IsValid);
        var believed = 0;
        await Mutations.ForEachAsync(name, sound.ToArray(), mutant =>
        {
            if (Read(() => read(mutant)) is not { } changed || !judge(changed).IsValid) return;
            believed++;
            Assert.True(signed(changed).Span.SequenceEqual(signed(original).Span));
        });
        // What is outside the signed part is the frame, and a second signature that is as good is none that one octet makes.
        Assert.InRange(believed, 0, 10);
    }

    private static T? Read<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (CmsFormatException)
        {
            return null;
        }
    }
}
