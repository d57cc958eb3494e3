using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Tests.Certificates;

[Trait("Feature", "Q-02")]
[Trait("Threat", "C5")]
public sealed class PathJudgeTests
{
    private const string P1 = "1.3.6.1.4.1.99999.1";
    private const string P2 = "1.3.6.1.4.1.99999.2";

    private static readonly TestAuthority Root = TestAuthority.Root();

    [Fact]
    public void Believes_a_path_and_shows_it_from_the_certificate_to_the_anchor()
    {
        var middle = Root.Below("CN=Middle");
        var alice = middle.Issue();
        var verdict = Judge(alice, middle.Certificate);
        Assert.Empty(verdict.Reasons);
        Assert.Equal([alice, middle.Certificate, Root.Certificate], verdict.Path);
        Assert.Equal("CN=Alice", verdict.Path[0].Subject.ToString());
    }

    [Fact]
    public void Tells_expired_from_not_yet_valid_by_the_time_it_is_given()
    {
        var alice = Root.Issue(from: TestAuthority.Now, until: TestAuthority.Now.AddDays(1));
        Assert.Equal([Reason.CertNotYetValid], Judge(alice, Options() with { At = TestAuthority.Now.AddSeconds(-1) }).Reasons);
        Assert.True(Judge(alice, Options()).IsValid);
        Assert.True(Judge(alice, Options() with { At = TestAuthority.Now.AddDays(1) }).IsValid);
        Assert.Equal([Reason.CertExpired], Judge(alice, Options() with { At = TestAuthority.Now.AddDays(1).AddSeconds(1) }).Reasons);
        Assert.Contains(Reason.CertExpired, Judge(Root.Certificate, Options() with { At = TestAuthority.End.AddDays(1) }).Reasons);
    }

    [Fact]
    public void Tells_a_missing_issuer_from_one_that_nobody_believes()
    {
        var middle = Root.Below("CN=Middle");
        Assert.Equal([Reason.ChainIncomplete], Judge(middle.Issue()).Reasons);
        var stranger = TestAuthority.Root("CN=Stranger");
        Assert.Equal([Reason.UntrustedRoot], Judge(stranger.Issue(), stranger.Certificate).Reasons);
        Assert.Equal([Reason.UntrustedRoot], Judge(stranger.Certificate).Reasons);
    }

    [Fact]
    public void Does_not_believe_a_root_of_the_same_name()
    {
        var rogue = TestAuthority.Root();
        Assert.Equal([Reason.UntrustedRoot], Judge(rogue.Issue(), rogue.Certificate).Reasons);
        Assert.Equal([Reason.SignatureInvalid], Judge(rogue.Issue()).Reasons);
        // The sound one is found among its namesakes.
        Assert.True(Judge(Root.Issue(), rogue.Certificate).IsValid);
    }

    [Fact]
    public void Refuses_a_certificate_with_one_bit_changed()
    {
        var octets = Root.Issue().Encoded.ToArray();
        octets[^1] ^= 1;
        Assert.False(Judge(Certificate.Read(octets)).IsValid);
    }

    [Theory]
    [InlineData(X509KeyUsageFlags.DigitalSignature, PathPurpose.Sign, true)]
    [InlineData(X509KeyUsageFlags.NonRepudiation, PathPurpose.Sign, true)]
    [InlineData(X509KeyUsageFlags.KeyAgreement, PathPurpose.Sign, false)]
    [InlineData(X509KeyUsageFlags.KeyAgreement, PathPurpose.Encrypt, true)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment, PathPurpose.Encrypt, false)]
    [InlineData(X509KeyUsageFlags.DigitalSignature, PathPurpose.Encrypt, false)]
    [InlineData(X509KeyUsageFlags.DigitalSignature, PathPurpose.Any, true)]
    public void Holds_the_use_of_a_key_against_the_purpose(X509KeyUsageFlags uses, PathPurpose purpose, bool isValid)
    {
        var verdict = Judge(Root.Issue(r => r.CertificateExtensions.Add(new X509KeyUsageExtension(uses, true))), Options() with { Purpose = purpose });
        Assert.Equal(isValid ? [] : [Reason.KeyUsage], verdict.Reasons);
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.4", true)]
    [InlineData("2.5.29.37.0", true)]
    [InlineData("1.3.6.1.5.5.7.3.1", false)]
    public void Holds_extended_uses_against_mail(string use, bool isValid)
    {
        var extension = new X509EnhancedKeyUsageExtension(new OidCollection { new Oid(use) }, true);
        var expected = isValid ? Array.Empty<Reason>() : [Reason.ExtendedKeyUsage];
        Assert.Equal(expected, Judge(Root.Issue(r => r.CertificateExtensions.Add(extension)), Options() with { Purpose = PathPurpose.Sign }).Reasons);
        var middle = Root.Below("CN=Middle", r =>
        {
            TestAuthority.Authority(r);
            r.CertificateExtensions.Add(extension);
        });
        Assert.Equal(expected, Judge(middle.Issue(), Options(middle.Certificate) with { Purpose = PathPurpose.Sign }).Reasons);
    }

    [Fact]
    public void Refuses_issuers_that_are_none()
    {
        var noAuthority = Root.Below("CN=Middle", TestAuthority.Sign);
        Assert.Equal([Reason.BasicConstraints, Reason.KeyUsage], Judge(noAuthority.Issue(), noAuthority.Certificate).Reasons);
        var noSigner = Root.Below("CN=Middle", r => TestAuthority.Authority(r, uses: X509KeyUsageFlags.CrlSign));
        Assert.Equal([Reason.KeyUsage], Judge(noSigner.Issue(), noSigner.Certificate).Reasons);
        Assert.Equal([Reason.BasicConstraints], Judge(Root.Issue(), Options() with { Purpose = PathPurpose.Authority }).Reasons.Take(1));
    }

    [Fact]
    public void Counts_the_authorities_below_one_that_limits_them()
    {
        var limited = Root.Below("CN=Limited", r => TestAuthority.Authority(r, 0));
        var below = limited.Below("CN=Below");
        Assert.True(Judge(limited.Issue(), limited.Certificate).IsValid);
        Assert.Equal([Reason.PathLength], Judge(below.Issue(), limited.Certificate, below.Certificate).Reasons);
        // What an anchor says of itself binds as well.
        var root = TestAuthority.Root("CN=Short", r => TestAuthority.Authority(r, 0));
        var middle = root.Below("CN=Middle");
        Assert.Equal([Reason.PathLength], PathJudge.Judge(middle.Issue(), Options() with { Trust = new TrustMaterial([root.Certificate], [middle.Certificate]) }).Reasons);
    }

    [Fact]
    public void Refuses_a_critical_extension_that_it_does_not_know()
    {
        var extension = TestAuthority.Raw("1.3.6.1.4.1.99999.7", true, w => w.WriteNull());
        Assert.Equal([Reason.UnknownCriticalExtension], Judge(Root.Issue(r => r.CertificateExtensions.Add(extension))).Reasons);
        extension.Critical = false;
        Assert.True(Judge(Root.Issue(r => r.CertificateExtensions.Add(extension))).IsValid);
    }

    [Theory]
    // A host: mailboxes at it, not below it.
    [InlineData("example.org", 1, "a@example.org", true)]
    [InlineData("example.org", 1, "a@EXAMPLE.org", true)]
    [InlineData("example.org", 1, "a@sub.example.org", false)]
    [InlineData("example.org", 1, "a@badexample.org", false)]
    // A domain: below it, not at it.
    [InlineData(".example.org", 1, "a@sub.example.org", true)]
    [InlineData(".example.org", 1, "a@example.org", false)]
    // One mailbox.
    [InlineData("a@example.org", 1, "a@Example.ORG", true)]
    [InlineData("a@example.org", 1, "A@example.org", false)]
    [InlineData("a@example.org", 1, "b@example.org", false)]
    // A trailing dot, a second sign, a NUL: not judged, so refused.
    [InlineData("example.org", 1, "a@example.org.", false)]
    [InlineData("example.org", 1, "a@example.org@evil.example", false)]
    [InlineData("example.org", 1, "a@evil.example\0.example.org", false)]
    // Internationalised addresses are bound by the same constraint.
    [InlineData("xn--bcher-kva.example", 0, "ä@bücher.example", true)]
    [InlineData("example.org", 0, "ä@bücher.example", false)]
    // Hosts.
    [InlineData("example.org", 2, "example.org", true)]
    [InlineData("example.org", 2, "a.b.example.org", true)]
    [InlineData("example.org", 2, "badexample.org", false)]
    [InlineData("example.org", 2, "a.example.org.", false)]
    [InlineData("example.org", 2, "*.example.org", true)]
    [InlineData(".example.org", 6, "https://a.example.org/x", true)]
    [InlineData(".example.org", 6, "https://example.org/x", false)]
    [InlineData("example.org", 6, "https://user@example.org:443/x", true)]
    [InlineData("example.org", 6, "https://example.org@evil.example/", false)]
    [InlineData("example.org", 6, "https://192.0.2.1/", false)]
    [InlineData("example.org", 6, "urn:example:org", false)]
    // An address and its mask.
    [InlineData("C0000200FFFFFF00", 7, "C00002FE", true)]
    [InlineData("C0000200FFFFFF00", 7, "C00003FE", false)]
    [InlineData("C0000200FFFFFF00", 7, "20010DB8000000000000000000000001", false)]
    // A directory name and what is below it.
    [InlineData("O=Navy", 4, "O=navy,OU= Staff  Office", true)]
    [InlineData("O=Navy", 4, "O=Navy2", false)]
    public void Judges_names_by_permitted_subtrees(string subtree, int kind, string name, bool isAllowed)
    {
        var kindOfSubtree = kind is 0 ? 1 : kind;
        // The order of the platform's text form is the reverse of the encoded one.
        var middle = Constrained([(kindOfSubtree, subtree)], []);
        var alice = middle.Issue(r => r.CertificateExtensions.Add(TestAuthority.Names((kind, kind is 4 ? string.Join(',', name.Split(',').Reverse()) : name))), name: kind is 4 ? "O=Navy" : "CN=Alice");
        Assert.Equal(isAllowed ? [] : [Reason.NameConstraints], Judge(alice, middle.Certificate).Reasons);
    }

    [Theory]
    [InlineData("evil.example", 1, "a@evil.example", false)]
    [InlineData("evil.example", 1, "a@evil.example.", false)]
    [InlineData("evil.example.", 1, "a@evil.example", false)]
    [InlineData("evil.example", 1, "a@good.example", true)]
    [InlineData("evil.example", 2, "a.evil.example.", false)]
    [InlineData("evil.example", 0, "ä@EVIL.example", false)]
    public void Judges_names_by_excluded_subtrees(string subtree, int kind, string name, bool isAllowed)
    {
        var middle = Constrained([], [(kind is 0 ? 1 : kind, subtree)]);
        var alice = middle.Issue(r => r.CertificateExtensions.Add(TestAuthority.Names((kind, name))));
        Assert.Equal(isAllowed ? [] : [Reason.NameConstraints], Judge(alice, middle.Certificate).Reasons);
    }

    [Fact]
    public void Binds_an_address_in_the_subject_and_a_name_that_it_can_not_judge()
    {
        var middle = Constrained([(1, "example.org")], []);
        Assert.True(Judge(middle.Issue(name: "E=a@example.org,CN=Alice"), middle.Certificate).IsValid);
        Assert.Equal([Reason.NameConstraints], Judge(middle.Issue(name: "E=a@evil.example,CN=Alice"), middle.Certificate).Reasons);
        var identifiers = Root.Below("CN=Middle", r =>
        {
            TestAuthority.Authority(r);
            r.CertificateExtensions.Add(TestAuthority.Raw("2.5.29.30", true, w => w.WriteEncodedValue(Convert.FromHexString("3009A0073005880329A001"))));
        });
        var alice = identifiers.Issue(r => r.CertificateExtensions.Add(TestAuthority.Raw("2.5.29.17", false, w => w.WriteEncodedValue(Convert.FromHexString("3005880329A001")))));
        Assert.Equal([Reason.NameConstraints], Judge(alice, identifiers.Certificate).Reasons);
    }

    [Fact]
    public void Follows_policies_along_the_path()
    {
        var first = Root.Below("CN=First", r => With(r, TestAuthority.Policies(P1)));
        var alice = first.Issue(r => r.CertificateExtensions.Add(TestAuthority.Policies(P1, P2)));
        Assert.Equal([P1], Judge(alice, first.Certificate).Policies);
        Assert.True(Judge(alice, Options(first.Certificate) with { ExplicitPolicy = true, InitialPolicies = [P1] }).IsValid);
        Assert.Equal([Reason.CertPolicy], Judge(alice, Options(first.Certificate) with { ExplicitPolicy = true, InitialPolicies = [P2] }).Reasons);
        Assert.True(Judge(first.Issue(), Options(first.Certificate)).IsValid);
        Assert.Equal([Reason.CertPolicy], Judge(first.Issue(), Options(first.Certificate) with { ExplicitPolicy = true }).Reasons);

        var mapping = Root.Below("CN=Mapping", r => With(r, TestAuthority.Policies(P1), TestAuthority.Mappings((P1, P2))));
        var bob = mapping.Issue(r => r.CertificateExtensions.Add(TestAuthority.Policies(P2)));
        Assert.Equal([P1], Judge(bob, Options(mapping.Certificate) with { ExplicitPolicy = true }).Policies);
        Assert.Equal([Reason.CertPolicy], Judge(bob, Options(mapping.Certificate) with { ExplicitPolicy = true, InhibitMapping = true }).Reasons);

        var any = Root.Below("CN=Any", r => With(r, TestAuthority.Policies("2.5.29.32.0")));
        var carol = any.Issue(r => r.CertificateExtensions.Add(TestAuthority.Policies(P2)));
        Assert.True(Judge(carol, Options(any.Certificate) with { ExplicitPolicy = true }).IsValid);
        Assert.Equal([Reason.CertPolicy], Judge(carol, Options(any.Certificate) with { ExplicitPolicy = true, InhibitAny = true }).Reasons);
    }

    [Fact]
    [Trait("Threat", "C6")]
    public void Policies_that_are_mapped_crosswise_do_not_explode()
    {
        // In the tree of RFC 5280 each of these doubles the number of nodes and more.
        string[] policies = [.. Enumerable.Range(1, 40).Select(i => $"1.3.6.1.4.1.99999.3.{i}")];
        (string, string)[] all = [.. policies.SelectMany(a => policies.Take(6).Select(b => (a, b)))];
        var chain = new List<TestAuthority>();
        var issuer = Root;
        for (var i = 0; i < 9; i++) chain.Add(issuer = issuer.Below($"CN=Level {i}", r => With(r, TestAuthority.Policies(policies), TestAuthority.Mappings(all))));
        var alice = issuer.Issue(r => r.CertificateExtensions.Add(TestAuthority.Policies(policies)));
        var watch = Stopwatch.StartNew();
        Assert.True(Judge(alice, Options([.. chain.Select(a => a.Certificate)]) with { ExplicitPolicy = true }).IsValid);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    [Trait("Threat", "C6")]
    public void Many_authorities_of_one_name_and_cross_certificates_in_circles_cost_no_more_than_the_budget()
    {
        // Each certifies all others, and none leads to the anchor.
        TestAuthority[] circle = [.. Enumerable.Range(0, 8).Select(i => TestAuthority.Root($"CN=Circle {i}"))];
        var cross = new List<Certificate>();
        foreach (var issuer in circle)
        {
            foreach (var subject in circle) cross.Add(issuer.Issue(r => TestAuthority.Authority(r), subject.Name.Name, key: subject.Key));
        }

        var watch = Stopwatch.StartNew();
        var verdict = Judge(circle[0].Issue(), Options() with { MessageCertificates = cross });
        Assert.False(verdict.IsValid);
        Assert.Contains(Reason.TooLarge, verdict.Reasons);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));

        // Sixty namesakes before the one that is meant.
        Certificate[] namesakes = [.. Enumerable.Range(0, 60).Select(_ => TestAuthority.Root("CN=Middle").Certificate)];
        var middle = Root.Below("CN=Middle");
        Assert.True(Judge(middle.Issue(), Options() with { MessageCertificates = [.. namesakes, middle.Certificate] }).IsValid);
    }

    [Fact]
    public void Looks_at_no_path_longer_than_twelve()
    {
        var chain = new List<TestAuthority>();
        var issuer = Root;
        for (var i = 0; i < 11; i++) chain.Add(issuer = issuer.Below($"CN=Level {i}"));
        Assert.True(Judge(chain[9].Issue(), Options([.. chain.Select(a => a.Certificate)])).IsValid);
        Assert.Equal([Reason.PathLength], Judge(chain[10].Issue(), Options([.. chain.Select(a => a.Certificate)])).Reasons);
    }

    [Fact]
    public void Refuses_weak_algorithms_and_keys_unless_the_suite_admits_them()
    {
        using var rsa = RSA.Create(1024);
        var generator = new Sha1Signatures(rsa);
        var request = new CertificateRequest("CN=Old", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        TestAuthority.Authority(request);
        using var made = request.Create(request.SubjectName, generator, TestAuthority.Start, TestAuthority.End, [6]);
        var below = new CertificateRequest("CN=Older", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var issued = below.Create(request.SubjectName, generator, TestAuthority.Start, TestAuthority.End, [7]);
        var options = Options() with { Trust = new TrustMaterial([Certificate.Read(made.RawData)]) };
        Assert.Equal([Reason.WeakKey, Reason.WeakAlgorithm], PathJudge.Judge(Certificate.Read(issued.RawData), options).Reasons);
        Assert.True(PathJudge.Judge(Certificate.Read(issued.RawData), options with { Suite = AlgorithmSuite.Legacy }).IsValid);
        Assert.Contains(Reason.WeakAlgorithm, Judge(Root.Issue(), Options() with { Suite = AlgorithmSuite.Cnsa2 }).Reasons);
    }

    [Fact]
    public void Believes_an_anchor_itself_for_what_it_is()
    {
        Assert.True(Judge(Root.Certificate).IsValid);
        Assert.Equal([Reason.KeyUsage], Judge(Root.Certificate, Options() with { Purpose = PathPurpose.Sign }).Reasons);
    }

    [Fact]
    public void A_verdict_is_kept_for_its_bucket_and_the_cache_is_bounded()
    {
        var cache = new PathVerdictCache(2, TimeSpan.FromMinutes(1));
        var alice = Root.Issue();
        var options = Options();
        var verdict = cache.Judge(alice, options);
        Assert.Same(verdict, cache.Judge(alice, options with { At = TestAuthority.Now.AddSeconds(30) }));
        Assert.NotSame(verdict, cache.Judge(alice, options with { At = TestAuthority.Now.AddMinutes(1) }));
        Assert.NotSame(verdict, cache.Judge(alice, options with { Purpose = PathPurpose.Encrypt }));
        Assert.Equal(2, cache.Count);
        // Other trust, other verdict.
        Assert.False(cache.Judge(alice, options with { Trust = new TrustMaterial([TestAuthority.Root("CN=Other").Certificate]) }).IsValid);
        Assert.Equal(2, cache.Count);
        Parallel.For(0, 200, i => Assert.True(cache.Judge(alice, options with { At = TestAuthority.Now.AddMinutes(i % 5) }).IsValid));
        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void Mutations_of_a_certificate_are_read_or_refused_and_never_believed()
    {
        var middle = Constrained([(1, "example.org")], []);
        var sound = middle.Issue(r =>
        {
            r.CertificateExtensions.Add(TestAuthority.Names((1, "a@example.org"), (0, "ä@bücher.example"), (7, "C0000201")));
            r.CertificateExtensions.Add(TestAuthority.Policies(P1));
        });
        // With a constraint that it breaks: no mutation makes it valid.
        var random = new Random(5);
        for (var round = 0; round < 2_000; round++)
        {
            var mutant = sound.Encoded.ToArray();
            mutant[random.Next(mutant.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Assert.False(Judge(Certificate.Read(mutant), middle.Certificate).IsValid);
            }
            catch (MilSwitch.Smime.Cms.CmsFormatException)
            {
                // Refused.
            }
        }
    }

    private static TestAuthority Constrained((int, string)[] permitted, (int, string)[] excluded) => Root.Below("CN=Middle", r => With(r, TestAuthority.Constraints(permitted, excluded)));

    private static void With(CertificateRequest request, params X509Extension[] extensions)
    {
        TestAuthority.Authority(request);
        foreach (var extension in extensions) request.CertificateExtensions.Add(extension);
    }

    private static PathOptions Options(params Certificate[] intermediates) => new() { Trust = new TrustMaterial([Root.Certificate], intermediates), At = TestAuthority.Now };

    private static PathVerdict Judge(Certificate certificate, params Certificate[] intermediates) => PathJudge.Judge(certificate, Options(intermediates));

    private static PathVerdict Judge(Certificate certificate, PathOptions options) => PathJudge.Judge(certificate, options);

    // The platform makes no certificates with SHA-1 any more.
    private sealed class Sha1Signatures(RSA key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => Convert.FromHexString("300D06092A864886F70D0101050500");

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

        protected override PublicKey BuildPublicKey() => CreateForRSA(key, RSASignaturePadding.Pkcs1).PublicKey;
    }
}
