using System.Runtime.Versioning;
using System.Security.Cryptography;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Policies;

/// <summary>The wrapper SIGNED of X.841: a policy in ASN.1 counts as its originator signed it.</summary>
[SupportedOSPlatform("linux")]
public sealed class SignedAsnPolicyTests
{
    private const string EcdsaSha256 = "1.2.840.10045.4.3.2";
    private const string RsaSha256 = "1.2.840.113549.1.1.11";

    [Theory]
    [InlineData("p256")]
    [InlineData("rsa")]
    public void Reads_a_policy_with_a_good_signature(string identity)
    {
        var signed = SignedPolicyReader.Read(Sign(identity), Trusting(identity));

        Assert.Equal(("NORTH", "CN=Signer"), (signed.Policy.Name, signed.Policy.Originator));
        Assert.Equal(SignedPki.Get(identity).Certificate, signed.Signer.Encoded.ToArray());
        Assert.Equal(2, signed.Path.Path.Count);
    }

    [Fact]
    public void Reads_a_policy_whose_signer_is_an_anchor()
    {
        var options = PolicySigning.Trusting with { Trust = new TrustMaterial([Signer("p256")]) };

        Assert.Equal("NORTH", SignedPolicyReader.Read(Sign("p256"), options).Policy.Name);
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_a_policy_that_was_changed()
    {
        var good = Sign("p256");
        var changed = good.ToArray();
        changed[changed.AsSpan().IndexOf("NORTH"u8)] = (byte)'S';

        Assert.Contains("not what its originator signed", Refusal(changed, Trusting("p256")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_a_signature_by_another_of_the_same_name() =>
        // All signers of the tests have one name; the key tells them apart.
        Assert.Contains("not what its originator signed", Refusal(Sign("p256", AsnPolicySigning.Spif(Signer("p256"), key: [])), Trusting("p384")), StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_policy_without_the_certificate_of_its_originator()
    {
        Assert.Contains("No certificate", Refusal(Sign("p256"), PolicySigning.Trusting), StringComparison.Ordinal);
        Assert.Contains("No certificate", Refusal(Sign("p256"), Trusting("p384")), StringComparison.Ordinal);
    }

    [Fact]
    public void Believes_no_signer_without_an_anchor() =>
        Assert.Contains("not believed", Refusal(Sign("p256"), Trusting("p256") with { Trust = new TrustMaterial([]) }), StringComparison.Ordinal);

    [Fact]
    public void Believes_no_signer_after_the_certificate_has_expired() =>
        Assert.Contains("CERT-EXPIRED", Refusal(Sign("p256"), Trusting("p256") with { At = SignedPki.Now.AddYears(11) }), StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_policy_that_is_not_signed() =>
        Assert.Contains("not signed", Refusal(AsnPolicySigning.Spif(Signer("p256")), Trusting("p256")), StringComparison.Ordinal);

    [Theory]
    [InlineData("1.2.840.10045.4.1")]
    [InlineData("1.2.840.113549.1.1.4")]
    [InlineData("1.2.840.113549.1.1.1")]
    [InlineData("1.2.3.4")]
    [Trait("Threat", "X1")]
    public void Refuses_other_algorithms(string algorithm)
    {
        var spif = AsnPolicySigning.Spif(Signer("p256"));

        Assert.Contains("not accepted", Refusal(AsnPolicySigning.Wrap(spif, algorithm, new byte[64]), Trusting("p256")), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_key_that_is_too_short() => Assert.Contains("not what its originator signed", Refusal(Sign("rsa-1024"), Trusting("rsa-1024")), StringComparison.Ordinal);

    [Fact]
    [Trait("Threat", "X1")]
    public void Believes_no_mutation()
    {
        var good = Sign("p256");
        var random = new Random(41);
        for (var i = 0; i < 2_000; i++)
        {
            var changed = good.ToArray();
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // What is left is another encoding of the same signature at best: the policy is what was signed.
                Assert.Equal("NORTH", SignedPolicyReader.Read(changed, Trusting("p256")).Policy.Name);
            }
            catch (PolicyRefusedException refused)
            {
                Assert.NotEmpty(refused.Problems);
            }
        }
    }

    [RequiresTheory("openssl")]
    [InlineData("p256", EcdsaSha256, "-sha256")]
    [InlineData("p384", "1.2.840.10045.4.3.3", "-sha384")]
    [InlineData("rsa", RsaSha256, "-sha256")]
    public void Reads_what_openssl_signs(string identity, string algorithm, string digest)
    {
        using var workspace = new Workspace("spif");
        File.WriteAllBytes(workspace["spif.der"], AsnPolicySigning.Spif(Signer(identity)));
        File.WriteAllText(workspace["key.pem"], SignedPki.Get(identity).KeyPem);
        var (exit, output) = SignedPki.Run("openssl", "dgst", digest, "-sign", workspace["key.pem"], "-out", workspace["signature"], workspace["spif.der"]);
        Assert.True(exit is 0, output);

        var document = AsnPolicySigning.Wrap(File.ReadAllBytes(workspace["spif.der"]), algorithm, File.ReadAllBytes(workspace["signature"]), hasNull: identity is "rsa");

        Assert.Equal("NORTH", SignedPolicyReader.Read(document, Trusting(identity)).Policy.Name);
    }

    private static Certificate Signer(string identity) => Certificate.Read(SignedPki.Get(identity).Certificate);

    private static PathOptions Trusting(string identity) => PolicySigning.Trusting with { MessageCertificates = [Signer(identity)] };

    private static byte[] Sign(string identity, byte[]? spif = null)
    {
        spif ??= AsnPolicySigning.Spif(Signer(identity));
        var isRsa = identity.StartsWith("rsa", StringComparison.Ordinal);
        if (!isRsa)
        {
            using var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(SignedPki.Get(identity).Pkcs8, out _);
            return AsnPolicySigning.Wrap(spif, EcdsaSha256, key.SignData(spif, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(SignedPki.Get(identity).Pkcs8, out _);
        return AsnPolicySigning.Wrap(spif, RsaSha256, rsa.SignData(spif, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), hasNull: true);
    }

    private static string Refusal(byte[] document, PathOptions options) => Assert.Throws<PolicyRefusedException>(() => SignedPolicyReader.Read(document, options)).Message;
}
