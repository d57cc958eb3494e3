using System.Buffers;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;
using static MilSwitch.Smime.Tests.Boundaries.BoundaryMaterial;

namespace MilSwitch.Smime.Tests.Boundaries;

/// <summary>Several signatures on one message, beside, on and around one another: who is who, in which order, and what can't be checked.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "G-06")]
public sealed class SignatureOrderTests
{
    private const string Authorised = "MMHS-Authorizing-Users: bob@dest.test\r\n" + Plain;

    [Fact]
    public async Task Numbers_signatures_as_they_were_made_and_tells_whose_they_are()
    {
        var drafted = await MessageProtector.SignAsync(Octets(Authorised), Signing("alice") with { Signers = [Signer("alice"), Signer("bob")] });
        var reviewed = await MessageProtector.CountersignAsync(drafted.ToArray(), new CountersignatureSettings { Signer = Signer("review") });
        var signed = await MessageProtector.SignAsync(reviewed.ToArray(), Signing("domain", SignatureType.Domain));
        var passed = await MessageProtector.SignAsync(signed.ToArray(), Signing("list") with { ExpansionHistory = [new MlData { List = SignerIdentifier.Of(CertificateOf("list")), ExpandedAt = Now }] });

        var all = (await InspectAsync(passed.ToArray())).OrderBy(s => s.Number).ToArray();
        string[] told = [.. all.Select(s => $"{s.Role}{(s.Covers.IsEmpty ? "" : " on " + string.Join(' ', s.Covers))}")];
        // Those beside one another are a set, which has no order, and claim the same time.
        Assert.Equal(["drafter", "releaser"], new[] { told[0], told[2] }.Order());
        Assert.Equal(["reviewer on 1", "reviewer on 3", "domain on 1 3", "list on 5"], new[] { told[1], told[3], told[4], told[5] });
        Assert.Equal(Enumerable.Range(1, 6), all.Select(s => s.Number));
        Assert.All(all, s => Assert.Equal("valid", s.Verdict));
    }

    [Fact]
    public async Task A_signature_in_nobodys_name_is_no_drafters_and_a_false_releaser_is_named_with_its_verdict()
    {
        var signed = await MessageProtector.SignAsync(Octets(Authorised), Signing("mallory") with { Signers = [Signer("mallory"), Stranger("bob@dest.test")] });
        var all = await InspectAsync(signed.ToArray());
        Assert.Equal(["other valid", "releaser invalid"], all.Select(s => $"{s.Role} {s.Verdict}").Order());
        var review = await MessageProtector.SignAsync(Octets(Plain), Signing("review", SignatureType.Review));
        Assert.Equal("reviewer", Assert.Single(await InspectAsync(review.ToArray())).Role);
        var attribute = await MessageProtector.SignAsync(Octets(Plain), Signing("attribute", SignatureType.AdditionalAttributes));
        Assert.Equal("attribute", Assert.Single(await InspectAsync(attribute.ToArray())).Role);
        var unknown = await MessageProtector.SignAsync(Octets(Plain), Signing("alice", "1.2.3.4"));
        Assert.Equal("unknown", Assert.Single(await InspectAsync(unknown.ToArray())).Role);
    }

    [Fact]
    public async Task Of_signers_beside_one_another_those_who_cant_be_checked_are_taken_off_and_told_of()
    {
        var signed = await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { Signers = [Signer("alice"), Stranger("eve@elsewhere.test")] });
        var countersigned = await MessageProtector.CountersignAsync(signed.ToArray(), new CountersignatureSettings { Signer = Stranger("eve@elsewhere.test") });
        var opened = await OpenAsync(countersigned.ToArray());

        Assert.Equal((SignatureState.Good, "originator alice@unit.origin.test"), (opened.Signature.State, opened.Signature.Signers.Single()));
        Assert.Equal(Plain, Text(opened.Content));
        Assert.Equal(["drafter alice@unit.origin.test: valid", "other eve@elsewhere.test: ", "reviewer eve@elsewhere.test: ", "reviewer eve@elsewhere.test: "],
            opened.Signature.Told.Select(t => t[2..]).Select(t => t.StartsWith("drafter", StringComparison.Ordinal) ? t : t[..(t.IndexOf(':', StringComparison.Ordinal) + 2)]).Order(StringComparer.Ordinal));
        Assert.Single(opened.Signature.Told, t => t.Contains("valid", StringComparison.Ordinal));
        // Whom nobody here can check has no say.
        Assert.DoesNotContain("eve@elsewhere.test", opened.Signature.Addresses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_layer_that_cant_be_checked_around_or_inside_of_good_ones_lets_nothing_through(bool isOutside)
    {
        var stranger = Signing("alice") with { Signers = [Stranger("alice@unit.origin.test")] };
        var inner = await MessageProtector.SignAsync(Octets(Plain), isOutside ? Signing("alice") : stranger);
        var outer = await MessageProtector.SignAsync(inner.ToArray(), isOutside ? stranger : Signing("domain", SignatureType.Domain));
        var opened = await OpenAsync(outer.ToArray());
        Assert.Equal(SignatureState.Bad, opened.Signature.State);
        Assert.Equal(isOutside ? "1 drafter alice@unit.origin.test: valid" : "2 domain domain-signing-authority@origin.test: valid", opened.Signature.Told[isOutside ? 0 : 1]);
        Assert.DoesNotContain("valid", opened.Signature.Told[isOutside ? 1 : 0], StringComparison.Ordinal);
    }

    private static CmsSigner Signer(string owner) => Signing(owner).Signers[0];

    // Somebody under no anchor that is known here.
    private static CmsSigner Stranger(string address)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
        return new CmsSigner(new SoftwareKeyPair(KeyFile.Read(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())).Keys[0], certificate.RawData).Signing(null));
    }

    private static async Task<SignerReport[]> InspectAsync(ReadOnlyMemory<byte> message)
    {
        using var result = await MessageInspector.InspectAsync(message, new InspectionOptions { Trust = new TrustMaterial([Certificate.Read(Trust.Anchors[0])]), At = Now });
        return [.. result.Report.Layers.SelectMany(l => l.Signers).SelectMany(All)];

        static IEnumerable<SignerReport> All(SignerReport signer) => signer.Countersigners.SelectMany(All).Prepend(signer);
    }
}
