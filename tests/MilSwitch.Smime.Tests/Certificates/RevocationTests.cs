using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Tests.Certificates;

[Trait("Feature", "Q-03")]
[Trait("Threat", "C5")]
public sealed class RevocationTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly Certificate Alice = Root.Issue();

    [Fact]
    public void Fails_closed_only_where_revocation_is_required()
    {
        Assert.Equal([Reason.RevocationUnknown], Judge([]).Reasons);
        var verdict = Judge([], mode: RevocationMode.IfKnown);
        Assert.True(verdict.IsValid);
        Assert.Single(verdict.Notes);
        Assert.True(Judge([Root.List()]).IsValid);
        Assert.Empty(Judge([Root.List()]).Notes);
    }

    [Fact]
    public void Refuses_who_is_listed()
    {
        var list = Root.List([(Alice, 1)]);
        Assert.Equal([Reason.CertRevoked], Judge([list]).Reasons);
        Assert.Equal([Reason.CertRevoked], Judge([list], mode: RevocationMode.IfKnown).Reasons);
        Assert.True(Judge([list], mode: RevocationMode.Off).IsValid);
        Assert.Equal([Reason.CertRevoked], Judge([Root.List([(Alice, 6)])]).Reasons);
        Assert.True(Judge([Root.List([(Root.Issue(), 1)])]).IsValid);
    }

    [Fact]
    public void A_list_counts_from_its_date_to_its_next_and_still_tells_who_was_revoked_afterwards()
    {
        var old = Root.List(thisUpdate: TestAuthority.Now.AddDays(-9), nextUpdate: TestAuthority.Now.AddDays(-1));
        Assert.Equal([Reason.RevocationUnknown], Judge([old]).Reasons);
        Assert.Equal([Reason.RevocationUnknown], Judge([Root.List(thisUpdate: TestAuthority.Now.AddDays(1))]).Reasons);
        Assert.Equal([Reason.CertRevoked], Judge([Root.List([(Alice, 1)], TestAuthority.Now.AddDays(-9), TestAuthority.Now.AddDays(-1))], mode: RevocationMode.IfKnown).Reasons);
    }

    [Fact]
    public void Takes_a_list_from_its_issuer_only()
    {
        var rogue = TestAuthority.Root();
        Assert.Equal([Reason.RevocationUnknown], Judge([rogue.List()], rogue.Certificate).Reasons);
        // Nor can a stranger call somebody revoked.
        Assert.True(Judge([rogue.List([(Alice, 1)]), Root.List()], rogue.Certificate).IsValid);

        var mute = Root.Below("CN=Mute", r => TestAuthority.Authority(r, uses: X509KeyUsageFlags.KeyCertSign));
        var bob = mute.Issue();
        Assert.Equal([Reason.RevocationUnknown], Judge(bob, [Root.List(), mute.List()], mute.Certificate).Reasons);
    }

    [Fact]
    public void Does_not_use_a_list_with_a_critical_extension_that_it_does_not_know()
    {
        var further = TestAuthority.Raw("1.3.6.1.4.1.99999.8", true, w => w.WriteNull());
        Assert.Equal([Reason.RevocationUnknown], Judge([Root.List(further: further)]).Reasons);
        Assert.Equal([Reason.CertRevoked], Judge([Root.List([(Alice, 1)], further: further)]).Reasons);
    }

    [Fact]
    public void A_delta_list_adds_to_the_complete_one_and_takes_off_it()
    {
        Assert.Equal([Reason.CertRevoked], Judge([Root.List(number: 5), Root.List([(Alice, 1)], number: 6, baseNumber: 5)]).Reasons);
        Assert.True(Judge([Root.List([(Alice, 6)], number: 5), Root.List([(Alice, 8)], number: 6, baseNumber: 5)]).IsValid);
        // Of another base, or alone, it says nothing good.
        Assert.Equal([Reason.CertRevoked], Judge([Root.List([(Alice, 6)], number: 4), Root.List([(Alice, 8)], number: 6, baseNumber: 5)]).Reasons);
        Assert.Equal([Reason.RevocationUnknown], Judge([Root.List(number: 6, baseNumber: 5)]).Reasons);
        // An old complete list and a current delta make current information.
        Assert.True(Judge([Root.List(number: 5, thisUpdate: TestAuthority.Now.AddDays(-9), nextUpdate: TestAuthority.Now.AddDays(-1)), Root.List(number: 6, baseNumber: 5)]).IsValid);
    }

    [Fact]
    public void Lists_for_some_reasons_are_enough_together_only()
    {
        var compromise = Root.List(scope: w => Scope(w, reasons: RevocationReasons.KeyCompromise | RevocationReasons.CaCompromise));
        var others = Root.List(scope: w => Scope(w, reasons: RevocationReasons.All & ~(RevocationReasons.KeyCompromise | RevocationReasons.CaCompromise)));
        Assert.Equal([Reason.RevocationUnknown], Judge([compromise]).Reasons);
        Assert.True(Judge([compromise, others]).IsValid);
        Assert.Equal([Reason.RevocationUnknown], Judge([Root.List(scope: w => Scope(w, authoritiesOnly: true))]).Reasons);
    }

    [Fact]
    public void An_indirect_list_is_taken_from_whom_the_certificate_names()
    {
        var lister = Root.Below("CN=Lister", r => TestAuthority.Authority(r, uses: X509KeyUsageFlags.CrlSign));
        var bob = Root.Issue(r => r.CertificateExtensions.Add(TestAuthority.Raw("2.5.29.31", false, w =>
        {
            using var points = w.PushSequence();
            using var point = w.PushSequence();
            using var issuer = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2));
            using var directory = w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4));
            w.WriteEncodedValue(lister.Name.RawData);
        })));
        var own = Root.List(scope: w => Scope(w, authoritiesOnly: true));
        Assert.True(Judge(bob, [Root.List(), lister.List(scope: w => Scope(w, indirect: true))], lister.Certificate).IsValid);
        Assert.Equal([Reason.CertRevoked], Judge(bob, [Root.List(), lister.List([(bob, 1)], scope: w => Scope(w, indirect: true), namesIssuers: true)], lister.Certificate).Reasons);
        // The same serial number of another issuer is another certificate.
        Assert.True(Judge(bob, [Root.List(), lister.List([(bob, 1)], scope: w => Scope(w, indirect: true))], lister.Certificate).IsValid);
        Assert.Equal([Reason.RevocationUnknown], Judge(bob, [own, lister.List()], lister.Certificate).Reasons);
    }

    [Theory]
    [InlineData(0, new Reason[0])]
    [InlineData(1, new[] { Reason.CertRevoked })]
    [InlineData(2, new[] { Reason.RevocationUnknown })]
    public void Believes_a_responder_that_is_the_issuer(int status, Reason[] expected) =>
        Assert.Equal(expected, Judge(Alice, Root.Answer(Alice, status, nextUpdate: TestAuthority.Now.AddDays(1))).Reasons);

    [Fact]
    public void A_response_counts_for_its_time_and_its_certificate_only()
    {
        Assert.True(Judge(Alice, Root.Answer(Alice, 0)).IsValid);
        Assert.False(Judge(Alice, Root.Answer(Alice, 0, TestAuthority.Now.AddDays(-2))).IsValid);
        Assert.False(Judge(Alice, Root.Answer(Alice, 0, TestAuthority.Now.AddDays(-2), TestAuthority.Now.AddSeconds(-1))).IsValid);
        Assert.False(Judge(Alice, Root.Answer(Alice, 0, TestAuthority.Now.AddSeconds(1), TestAuthority.Now.AddDays(1))).IsValid);
        Assert.False(Judge(Alice, Root.Answer(Root.Issue(), 0)).IsValid);
        Assert.False(Judge(Alice, TestAuthority.Root().Answer(Alice, 0)).IsValid);
    }

    [Fact]
    public void A_responder_needs_the_right_from_the_issuer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var noCheck = TestAuthority.Raw("1.3.6.1.5.5.7.48.1.5", false, w => w.WriteNull());
        var right = new X509EnhancedKeyUsageExtension(new OidCollection { new Oid("1.3.6.1.5.5.7.3.9") }, false);
        Assert.True(Judge(Alice, Delegated(Root, right, noCheck)).IsValid);
        Assert.False(Judge(Alice, Delegated(Root, noCheck)).IsValid);
        // Without the word that it needs no check its own status is unknown.
        Assert.False(Judge(Alice, Delegated(Root, right)).IsValid);
        Assert.False(Judge(Alice, Delegated(TestAuthority.Root(), right, noCheck)).IsValid);

        OcspResponse Delegated(TestAuthority issuer, params X509Extension[] extensions)
        {
            var responder = issuer.Issue(
                r =>
                {
                    foreach (var extension in extensions) r.CertificateExtensions.Add(extension);
                },
                "CN=Responder", key: key);
            return Root.Answer(Alice, 0, responder: responder, responderKey: key);
        }
    }

    [Fact]
    public void Mutations_of_a_list_are_read_or_refused_and_never_believed()
    {
        var list = Root.List([(Alice, 1)], scope: w => Scope(w, indirect: true));
        // Found by the octets of the whole, which the list itself does not keep.
        var sound = Whole(list);
        Assert.Equal([Reason.CertRevoked], Judge([RevocationList.Read(sound)]).Reasons);
        var random = new Random(4);
        for (var round = 0; round < 1_000; round++)
        {
            var mutant = (byte[])sound.Clone();
            mutant[random.Next(mutant.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                var read = RevocationList.Read(mutant);
                // The number of unused bits behind the signature is part of neither it nor what is signed.
                var isSame = read.Signed.Span.SequenceEqual(list.Signed.Span) && read.Signature.Span.SequenceEqual(list.Signature.Span);
                Assert.Equal([isSame ? Reason.CertRevoked : Reason.RevocationUnknown], Judge([read]).Reasons);
            }
            catch (CmsFormatException)
            {
                // Refused.
            }
        }
    }

    private static byte[] Whole(RevocationList list)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(list.Signed.Span);
            list.SignatureAlgorithm.Write(writer);
            writer.WriteBitString(list.Signature.Span);
        }

        return writer.Encode();
    }

    private static void Scope(AsnWriter writer, bool authoritiesOnly = false, bool indirect = false, RevocationReasons? reasons = null)
    {
        using var sequence = writer.PushSequence();
        if (authoritiesOnly) writer.WriteBoolean(true, new Asn1Tag(TagClass.ContextSpecific, 2));
        if (reasons is { } some) writer.WriteNamedBitList(some, new Asn1Tag(TagClass.ContextSpecific, 3));
        if (indirect) writer.WriteBoolean(true, new Asn1Tag(TagClass.ContextSpecific, 4));
    }

    private static PathVerdict Judge(RevocationList[] lists, Certificate? intermediate = null, RevocationMode mode = RevocationMode.Require) => Judge(Alice, lists, intermediate, mode);

    private static PathVerdict Judge(Certificate certificate, RevocationList[] lists, Certificate? intermediate = null, RevocationMode mode = RevocationMode.Require) => PathJudge.Judge(
        certificate, new PathOptions { Trust = new TrustMaterial([Root.Certificate], intermediate is null ? [] : [intermediate], lists), At = TestAuthority.Now, Revocation = mode });

    private static PathVerdict Judge(Certificate certificate, OcspResponse response) => PathJudge.Judge(
        certificate, new PathOptions { Trust = new TrustMaterial([Root.Certificate], ocspResponses: [response]), At = TestAuthority.Now, Revocation = RevocationMode.Require });
}
