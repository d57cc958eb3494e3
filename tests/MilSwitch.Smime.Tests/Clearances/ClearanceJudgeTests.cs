using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Labels;
using MilSwitch.Labels.Decisions;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Clearances;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Tests.Certificates;
using Org.BouncyCastle.X509;

namespace MilSwitch.Smime.Tests.Clearances;

[Trait("Feature", "H-13")]
[Trait("Threat", "C11")]
public sealed class ClearanceJudgeTests : IDisposable
{
    private const string Attribute = "2.5.4.55", OldAttribute = "2.5.1.5.55", Policy = "1.3.6.1.4.1.99999.5.1", OtherPolicy = "1.3.6.1.4.1.99999.5.2";

    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly Clearance Asserted = Of([1, 4], 0, 1);

    private readonly ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Certificate authority;
    private readonly Certificate alice = Root.Issue();
    private Certificate? listers;

    public ClearanceJudgeTests() => authority = Root.Issue(name: "CN=Attribute Authority", key: authorityKey);

    public void Dispose() => authorityKey.Dispose();

    [Theory]
    [InlineData(Attribute)]
    [InlineData(OldAttribute)]
    public void Takes_the_clearance_out_of_a_certificate(string type) => Assert.Equal(Asserted, Effective(Judge(Cleared(Root, (type, [Encoded(Asserted)])))));

    [Fact]
    public void Gives_nobody_a_clearance_who_has_none() => Assert.Null(Effective(Judge(alice)));

    [Fact]
    public void Fails_with_several_attributes_also_of_both_identifiers()
    {
        Assert.Equal(ClearanceFault.SeveralAttributes, Fault(Judge(Cleared(Root, (Attribute, [Encoded(Asserted)]), (Attribute, [Encoded(Asserted)])))));
        Assert.Equal(ClearanceFault.SeveralAttributes, Fault(Judge(Cleared(Root, (Attribute, [Encoded(Asserted)]), (OldAttribute, [Encoded(Asserted)])))));
    }

    [Fact]
    public void Fails_with_several_values() => Assert.Equal(ClearanceFault.SeveralValues, Fault(Judge(Cleared(Root, (Attribute, [Encoded(Asserted), Encoded(Of([1]))])))));

    [Fact]
    public void Fails_with_octets_that_are_no_clearance() => Assert.Equal(ClearanceFault.Malformed, Fault(Judge(Cleared(Root, (Attribute, [[5, 0]])))));

    [Fact]
    public void Fails_with_a_path_that_is_not_valid() => Assert.Equal(ClearanceFault.Path, Fault(Judge(Cleared(TestAuthority.Root("CN=Stranger"), (Attribute, [Encoded(Asserted)])))));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Narrows_the_clearance_along_the_path(bool isCritical)
    {
        var root = Constrained("CN=Root", null, isCritical, Of([1, 2, 4], 0, 2), Of([1]) with { Policy = OtherPolicy });
        var middle = Constrained("CN=Middle", root, isCritical, Of([2, 4], 0, 1, 2));
        var options = Options(root) with { Path = Options(root).Path with { MessageCertificates = [middle.Certificate] } };

        Assert.Equal(Of([4], 0), Effective(ClearanceJudge.Judge(Cleared(middle, (Attribute, [Encoded(Asserted)])), options)));
        // The other policy was dropped by the one in the middle.
        Assert.Null(Effective(ClearanceJudge.Judge(Cleared(middle, (Attribute, [Encoded(Of([1]) with { Policy = OtherPolicy })])), options)));
    }

    [Fact]
    public void Narrows_the_clearance_by_what_the_operator_says()
    {
        var options = Options(Root) with { Constraints = ClearanceConstraints.Of([Of([1])])! };
        Assert.Equal(Of([1]), Effective(ClearanceJudge.Judge(Cleared(Root, (Attribute, [Encoded(Asserted)])), options)));
    }

    [Fact]
    public void Does_not_narrow_a_clearance_by_its_subject()
    {
        var alice = Root.Issue(r =>
        {
            TestAuthority.Sign(r);
            r.CertificateExtensions.Add(TestAttributes.Directory((Attribute, [Encoded(Asserted)])));
            r.CertificateExtensions.Add(TestAttributes.Constraints(false, Of([1])));
        });
        Assert.Equal(Asserted, Effective(Judge(alice)));
    }

    [Fact]
    public void Rejects_a_path_on_which_a_policy_is_constrained_twice()
    {
        var root = Constrained("CN=Root", null, false, Of([1]), Of([4]));
        Assert.Equal(ClearanceFault.Path, Fault(ClearanceJudge.Judge(Cleared(root, (Attribute, [Encoded(Asserted)])), Options(root))));
        Assert.False(PathJudge.Judge(root.Issue(), Options(root).Path).IsValid);
    }

    [Fact]
    public void Refuses_a_certificate_whose_constraints_can_not_be_read() =>
        Assert.Throws<CmsFormatException>(() => TestAuthority.Root("CN=Root", r => r.CertificateExtensions.Add(TestAuthority.Raw("1.3.6.1.5.5.7.1.21", false, w => w.WriteNull()))));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Takes_the_clearance_out_of_an_attribute_certificate(int holderForm) => Assert.Equal(Asserted, Effective(Judge(Sound() with { HolderForm = holderForm })));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Refuses_an_attribute_certificate_of_somebody_else(int holderForm) =>
        Assert.Equal(ClearanceFault.Holder, Fault(Judge(Sound() with { Holder = Root.Issue(name: "CN=Bob"), HolderForm = holderForm })));

    [Fact]
    public void Refuses_an_attribute_certificate_outside_its_time()
    {
        Assert.Equal(ClearanceFault.Validity, Fault(Judge(Sound() with { From = TestAuthority.Now.AddSeconds(1) })));
        Assert.Equal(ClearanceFault.Validity, Fault(Judge(Sound() with { Until = TestAuthority.Now.AddSeconds(-1) })));
        Assert.NotNull(Effective(Judge(Sound() with { From = TestAuthority.Now, Until = TestAuthority.Now })));
    }

    [Fact]
    public void Refuses_an_attribute_certificate_of_an_authority_that_is_not_trusted_as_one() =>
        Assert.Equal(ClearanceFault.Issuer, Fault(Judge(Sound(), Options(Root))));

    [Fact]
    public void Refuses_a_forged_attribute_certificate()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(ClearanceFault.Signature, Fault(Judge(Sound() with { Key = other })));
    }

    [Fact]
    public void Refuses_an_attribute_authority_whose_path_is_not_valid()
    {
        var late = Root.Issue(name: "CN=Attribute Authority", until: TestAuthority.Now.AddDays(-1), key: authorityKey);
        Assert.Equal(ClearanceFault.Path, Fault(Judge(Sound(), Options(Root) with { AttributeAuthorities = [late] })));
    }

    [Fact]
    public void Refuses_an_attribute_authority_that_issues_certificates()
    {
        var below = Root.Below("CN=Attribute Authority");
        Assert.Equal(ClearanceFault.Issuer, Fault(Judge(Sound() with { Key = below.Key }, Options(Root) with { AttributeAuthorities = [below.Certificate] })));
    }

    [Fact]
    public void Refuses_an_attribute_certificate_for_other_servers()
    {
        var targeted = Sound() with { Extensions = [Targets("relay.example")] };
        Assert.Equal(ClearanceFault.Target, Fault(Judge(targeted)));
        Assert.NotNull(Effective(Judge(targeted, Trusting() with { Targets = [new GeneralName(GeneralNameKind.DnsName, "relay.example", null, default)] })));
    }

    [Fact]
    public void Refuses_an_unknown_critical_extension()
    {
        Assert.Equal(ClearanceFault.CriticalExtension, Fault(Judge(Sound() with { Extensions = [TestAuthority.Raw("1.2.3", true, w => w.WriteNull())] })));
        Assert.NotNull(Effective(Judge(Sound() with { Extensions = [TestAuthority.Raw("1.2.3", false, w => w.WriteNull())] })));
    }

    [Fact]
    public void Wants_to_know_whether_an_attribute_certificate_is_revoked_where_that_is_required()
    {
        var options = Trusting() with { Path = Options(Root, [Root.List()]).Path with { Revocation = RevocationMode.Require } };
        var silent = Sound() with { Extensions = [TestAuthority.Raw("2.5.29.56", false, w => w.WriteNull())] };
        Assert.Equal(ClearanceFault.Revocation, Fault(Judge(silent, options)));
        Assert.NotNull(Effective(Judge(silent, options with { Path = options.Path with { Revocation = RevocationMode.IfKnown } })));
    }

    [Fact]
    public void Refuses_an_attribute_certificate_that_its_authority_has_called_back()
    {
        Assert.NotNull(Effective(Judge(Sound(), Listing(4712))));
        Assert.Equal(ClearanceFault.Revocation, Fault(Judge(Sound(), Listing(4711))));
        Assert.Equal(ClearanceFault.Revocation, Fault(Judge(Sound(), Listing(4711) with { Path = Listing(4711).Path with { Revocation = RevocationMode.IfKnown } })));
        Assert.NotNull(Effective(Judge(Sound(), Listing(4711) with { Path = Listing(4711).Path with { Revocation = RevocationMode.Off } })));
    }

    [Fact]
    public void Finds_the_clearance_of_an_address_by_its_certificates()
    {
        const string address = "alice@unit.example";
        var bare = Addressed();
        var asserting = Addressed((Attribute, [Encoded(Of([1]))]));
        var own = AttributeCertificate.Read((Sound() with { Holder = bare }).Encode());

        Assert.Null(new CertificateClearances([bare], [], Trusting()).Find(address, TestAuthority.Now));
        Assert.Null(new CertificateClearances([asserting], [], Trusting()).Find("bob@unit.example", TestAuthority.Now));
        Assert.Equal(Of([1]), new CertificateClearances([asserting], [], Trusting()).Find(address, TestAuthority.Now)!.Clearance);
        var found = new CertificateClearances([bare], [own], Listing(4712));
        var first = found.Find(address.ToUpperInvariant(), TestAuthority.Now);
        Assert.Equal(Asserted, first!.Clearance);
        // The same as long as nothing changes, also when it is judged anew.
        Assert.Same(first, found.Find(address, TestAuthority.Now.AddMinutes(1)));
        // What has ended or was called back clears for nothing, which is another thing than to say nothing.
        var ended = found.Find(address, TestAuthority.End.AddDays(1));
        Assert.Null(ended!.Clearance);
        var revoked = new CertificateClearances([bare], [own], Listing(4711)).Find(address, TestAuthority.Now);
        Assert.Null(revoked!.Clearance);
        Assert.Contains("revoked", revoked.Fault, StringComparison.Ordinal);
        Assert.Equal(Of([1]), new CertificateClearances([asserting], [AttributeCertificate.Read((Sound() with { Holder = asserting }).Encode())], Listing(4711)).Find(address, TestAuthority.Now)!.Clearance);
        Assert.Contains("not one whose attribute certificates are taken", new CertificateClearances([bare], [own], Options(Root)).Find(address, TestAuthority.Now)!.Fault, StringComparison.Ordinal);

        Certificate Addressed(params (string Type, byte[][] Values)[] attributes) => Root.Issue(r =>
        {
            TestAuthority.Sign(r);
            r.CertificateExtensions.Add(TestAuthority.Names((1, address)));
            if (attributes.Length > 0) r.CertificateExtensions.Add(TestAttributes.Directory(attributes));
        });
    }

    // An authority that may sign lists, and has called one of its attribute certificates back.
    private ClearanceOptions Listing(int serial)
    {
        var lister = listers ??= Root.Issue(r => r.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.CrlSign, true)), "CN=Attribute Authority", key: authorityKey);
        var list = new CertificateRevocationListBuilder();
        list.AddEntry(((System.Numerics.BigInteger)serial).ToByteArray(isBigEndian: true), TestAuthority.Now.AddDays(-2));
        var octets = list.Build(
            new X500DistinguishedName("CN=Attribute Authority"), X509SignatureGenerator.CreateForECDsa(authorityKey), 1, TestAuthority.End.AddDays(9), HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier([1, 2, 3]), TestAuthority.Now.AddDays(-1));
        var options = Options(Root, [Root.List(nextUpdate: TestAuthority.End.AddDays(9)), RevocationList.Read(octets)]);
        return options with { AttributeAuthorities = [lister], Path = options.Path with { Revocation = RevocationMode.Require } };
    }

    [Fact]
    public void Narrows_an_attribute_certificate_by_its_authority_too()
    {
        var constrained = Root.Issue(r =>
        {
            TestAuthority.Sign(r);
            r.CertificateExtensions.Add(TestAttributes.Constraints(false, Of([4], 1)));
        }, "CN=Attribute Authority", key: authorityKey);
        Assert.Equal(Of([4], 1), Effective(Judge(Sound(), Options(Root) with { AttributeAuthorities = [constrained] })));
    }

    [Fact]
    public void Agrees_with_another_reader_of_attribute_certificates()
    {
        var octets = Sound().Encode();
        var other = new X509V2AttributeCertificate(octets);
        other.Verify(new X509CertificateParser().ReadCertificate(authority.Encoded.ToArray()).GetPublicKey());
        Assert.Equal(Asserted, ClearanceCodec.Read(other.GetAttributes(Attribute)[0].GetValues()[0].GetEncoded()));
        Assert.True(other.Holder.Match(new X509CertificateParser().ReadCertificate(alice.Encoded.ToArray())));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Reads_no_other_version(int version) => Assert.Throws<CmsFormatException>(() => AttributeCertificate.Read((Sound() with { Version = version }).Encode()));

    [Fact]
    public void Refuses_damaged_attribute_certificates_in_one_way_only()
    {
        var random = new Random(5755);
        var sound = (Sound() with { Extensions = [Targets("relay.example")] }).Encode();
        var refused = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var octets = sound.ToArray();
            for (var k = random.Next(1, 4); k > 0; k--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            try
            {
                _ = AttributeCertificate.Read(octets);
            }
            catch (CmsFormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > 500);
    }

    private static Clearance Of(int[] classifications, params int[] values) => new()
    {
        Policy = Policy, Classifications = [.. classifications], Categories = values.Length is 0 ? [] : [new TagCategory(Policy + ".1", TagType.Restrictive, [.. values])],
    };

    private static byte[] Encoded(Clearance clearance) => ClearanceCodec.Encode(clearance);

    private static Certificate Cleared(TestAuthority issuer, params (string Type, byte[][] Values)[] attributes) => issuer.Issue(r =>
    {
        TestAuthority.Sign(r);
        r.CertificateExtensions.Add(TestAttributes.Directory(attributes));
    });

    private static TestAuthority Constrained(string name, TestAuthority? above, bool isCritical, params Clearance[] clearances)
    {
        return above is null ? TestAuthority.Root(name, Shape) : above.Below(name, Shape);

        void Shape(CertificateRequest request)
        {
            TestAuthority.Authority(request);
            request.CertificateExtensions.Add(TestAttributes.Constraints(isCritical, clearances));
        }
    }

    private static X509Extension Targets(string server) => TestAuthority.Raw("2.5.29.55", true, w =>
    {
        using (w.PushSequence())
        using (w.PushSequence())
        using (w.PushSequence(new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 0)))
        {
            w.WriteCharacterString(System.Formats.Asn1.UniversalTagNumber.IA5String, server, new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 2));
        }
    });

    private static ClearanceOptions Options(TestAuthority root, IEnumerable<RevocationList>? lists = null) =>
        new() { Path = new PathOptions { Trust = new TrustMaterial([root.Certificate], revocationLists: lists), At = TestAuthority.Now } };

    private static ClearanceVerdict Judge(Certificate certificate) => ClearanceJudge.Judge(certificate, Options(Root));

    private static Clearance? Effective(ClearanceVerdict verdict)
    {
        Assert.Empty(verdict.Findings);
        return verdict.Effective;
    }

    private static ClearanceFault Fault(ClearanceVerdict verdict)
    {
        Assert.Null(verdict.Effective);
        return Assert.Single(verdict.Findings).Fault;
    }

    private TestAttributes Sound() => new() { Key = authorityKey, Issuer = "CN=Attribute Authority", Holder = alice, Attributes = [(Attribute, [Encoded(Asserted)])] };

    private ClearanceOptions Trusting() => Options(Root) with { AttributeAuthorities = [authority] };

    private ClearanceVerdict Judge(TestAttributes attributes, ClearanceOptions? options = null) => ClearanceJudge.Judge(AttributeCertificate.Read(attributes.Encode()), alice, options ?? Trusting());
}
