using System.Buffers;
using System.Runtime.Versioning;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;
using static MilSwitch.Smime.Tests.Boundaries.BoundaryMaterial;
using OpeningOutcome = MilSwitch.Domain.Boundaries.OpeningOutcome;

namespace MilSwitch.Smime.Tests.Boundaries;

/// <summary>Messages of every shape, opened.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "G-06")]
public sealed class SmimeBoundaryTests : IDisposable
{
    private readonly Workspace folder = new("boundary");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Leaves_a_message_without_protection_as_it_is()
    {
        var opened = await OpenAsync(Octets(Plain));
        Assert.Equal(Plain, Text(opened.Content));
        Assert.Equal((SignatureState.None, EncryptionState.None, false), (opened.Signature.State, opened.Encryption, opened.IsAuthenticated));
        Assert.True(opened is { Fault: null, ProtectedRecipients.IsDefault: true, ReplayKey.IsEmpty: true, Receipt: null });
    }

    [Theory]
    [InlineData(SignatureFormat.Clear, ProtectionScheme.None)]
    [InlineData(SignatureFormat.Clear, ProtectionScheme.Rfc9788)]
    [InlineData(SignatureFormat.Opaque, ProtectionScheme.None)]
    [InlineData(SignatureFormat.Opaque, ProtectionScheme.Rfc9788)]
    [InlineData(SignatureFormat.Opaque, ProtectionScheme.Rfc8551)]
    public async Task Takes_a_good_signature_off(SignatureFormat format, ProtectionScheme scheme)
    {
        var signed = await MessageProtector.SignAsync(Octets(Plain), Signing("alice") with { Format = format, HeaderProtection = scheme });
        var opened = await OpenAsync(signed.ToArray());
        Assert.Equal((SignatureState.Good, ""), (opened.Signature.State, opened.Signature.Reason));
        Assert.Equal((SignerRole.Originator, "originator alice@unit.origin.test"), (opened.Signature.Roles, opened.Signature.Signers.Single()));
        Assert.Equal(Plain, Text(opened.Content));
        Assert.True(opened.IsAuthenticated);
        Assert.Equal(32, opened.ReplayKey.Length);
        Assert.Empty(opened.Differences);
        Assert.Equal(scheme is ProtectionScheme.None, opened.ProtectedRecipients.IsDefault);
        if (scheme is ProtectionScheme.None) return;
        Assert.Equal("bob@dest.test carol@dest.test", string.Join(' ', opened.ProtectedRecipients));
        Assert.Equal(Precedence.Flash, opened.ProtectedPrecedence);
    }

    [Theory]
    [InlineData(null, null, "none")]
    [InlineData(null, "deny", "deny")]
    [InlineData(null, "perhaps", "unreadable")]
    [InlineData("deny", null, "deny")]
    [InlineData("perhaps", null, "unreadable")]
    [InlineData("deny", "allow", "allow")]
    [InlineData("allow", "notify", "notify")]
    public async Task Reads_the_originators_wish_where_it_is_protected_and_else_outside(string? outside, string? inside, string expected)
    {
        var encryption = Encrypting(ContentCipherChoice.Aes256Gcm, "bob") with { HeaderProtection = ProtectionScheme.Rfc9788 };
        var plain = inside is null ? Plain : $"{BoundaryWishField.Name}: {inside}\r\n{Plain}";
        var lines = Text((await MessageProtector.EncryptAsync(Octets(plain), encryption)).ToArray()).Split("\r\n").Where(l => !l.StartsWith(BoundaryWishField.Name, StringComparison.Ordinal));
        var made = string.Join("\r\n", outside is null ? lines : lines.Prepend($"{BoundaryWishField.Name}: {outside}"));
        Assert.Equal(expected, (await OpenAsync(Octets(made))).Wish.Word);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Opens_what_is_encrypted_for_it(bool isSigned, bool hidesHeader)
    {
        var encryption = Encrypting(ContentCipherChoice.Aes256Gcm, "bob");
        if (hidesHeader) encryption = encryption with { HeaderProtection = ProtectionScheme.Rfc9788, HeaderPolicy = HeaderConfidentialityPolicy.Shy };
        var made = isSigned
            ? await MessageProtector.SignAndEncryptAsync(Octets(Plain), Signing("alice") with { HeaderProtection = encryption.HeaderProtection }, encryption)
            : await MessageProtector.EncryptAsync(Octets(Plain), encryption);
        var opened = await OpenAsync(made.ToArray());
        Assert.Equal((isSigned ? SignatureState.Good : SignatureState.None, EncryptionState.Opened, true), (opened.Signature.State, opened.Encryption, opened.IsAuthenticated));
        Assert.Equal(Plain, Text(opened.Content));
        // What the sender meant to show is no difference that counts.
        Assert.All(opened.Differences, d => Assert.Equal(DifferenceWeight.Benign, d.Weight));
        Assert.Equal(hidesHeader, opened.Differences.Any(d => d.Field is "Subject"));
    }

    [Theory]
    [InlineData("bob", EncryptionState.Opened)]
    [InlineData("mallory", EncryptionState.ForOthers)]
    public async Task Opens_a_triple_wrap_and_leaves_what_is_for_others(string recipient, EncryptionState expected)
    {
        var made = (await MessageProtector.WrapAsync(
            Octets(Plain), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 }, Encrypting(ContentCipherChoice.Aes256Gcm, recipient),
            Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 })).ToArray();
        var opened = await OpenAsync(made, Opening with { AuthservId = "us.test" });
        Assert.Equal(expected is EncryptionState.Opened, !opened.Result.IsEmpty);
        Assert.Equal((SignatureState.Good, expected), (opened.Signature.State, opened.Encryption));
        Assert.Equal(expected is EncryptionState.Opened ? Plain : Text(made), Text(opened.Content));
        Assert.Empty(opened.Differences);
        Assert.Equal(expected is EncryptionState.Opened ? 2 : 1, opened.Signature.Signers.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Feature", "K-10")]
    public async Task Changes_the_outer_signature_of_a_triple_wrap_and_keeps_the_rest(bool protectsHeader)
    {
        var made = (await MessageProtector.WrapAsync(
            Octets(Plain), Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 }, Encrypting(ContentCipherChoice.Aes256Gcm, "bob"),
            Signing("alice") with { HeaderProtection = protectsHeader ? ProtectionScheme.Rfc9788 : ProtectionScheme.None })).ToArray();
        var kept = await OpenAsync(made, Opening with { KeepsInner = true, Keys = [] });
        Assert.Equal((SignatureState.Good, EncryptionState.Kept, true), (kept.Signature.State, kept.Encryption, kept.InnerKept));
        Assert.Null(kept.Fault);
        Assert.StartsWith(Fields + "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=authEnveloped-data", Text(kept.Content), StringComparison.Ordinal);
        Assert.Equal(protectsHeader, !kept.ProtectedRecipients.IsDefault);
        var again = Assert.IsType<DepartureOutcome.Protected>(
            await Boundary.WrapAgainAsync(kept.Content, new DepartureSigning("domain") { SignatureType = "domain", HeaderProtection = HeaderProtection.Rfc9788 }, null, null, Precedence.Routine, default)).Content;
        var opened = await OpenAsync(again);
        Assert.Equal((SignatureState.Good, EncryptionState.Opened), (opened.Signature.State, opened.Encryption));
        Assert.Equal("domain domain-signing-authority@origin.test, originator alice@unit.origin.test", string.Join(", ", opened.Signature.Signers));
        Assert.Equal(SignerRole.Domain | SignerRole.Originator, opened.Signature.Roles);
        Assert.Equal(Plain, Text(opened.Content));
        // The encrypted object is the same to the octet.
        Assert.Equal(Encrypted(made), Encrypted(again));
    }

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Keeps_nothing_that_says_a_field_twice()
    {
        var made = Text((await MessageProtector.WrapAsync(Octets(Plain), Signing("alice"), Encrypting(ContentCipherChoice.Aes256Gcm, "bob"), Signing("alice"))).ToArray());
        var opened = await OpenAsync(Octets("SIO-Label: marking=\"PUBLIC\"\r\n" + made), Opening with { KeepsInner = true, Keys = [] });
        Assert.Equal("the field SIO-Label is there more than once", opened.Fault);
    }

    [Fact]
    public async Task Wraps_nothing_that_has_no_inner_layer()
    {
        Assert.IsType<DepartureOutcome.Impossible>(await Boundary.WrapAgainAsync(Octets(Plain), new DepartureSigning("domain"), null, null, Precedence.Routine, default));
        var encrypted = (await MessageProtector.EncryptAsync(Octets(Plain), Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray();
        Assert.IsType<DepartureOutcome.Unavailable>(await Boundary.WrapAgainAsync(encrypted, new DepartureSigning("missing"), null, null, Precedence.Routine, default));
    }

    [Fact]
    public async Task Needs_a_key_for_what_is_encrypted_only()
    {
        var settings = Opening with { Keys = ["missing"] };
        Assert.Equal(Plain, Text((await OpenAsync(Octets(Plain), settings)).Content));
        var encrypted = (await MessageProtector.EncryptAsync(Octets(Plain), Encrypting(ContentCipherChoice.Aes256Gcm, "bob"))).ToArray();
        Assert.IsType<OpeningOutcome.Unavailable>(await Boundary.OpenAsync(encrypted, settings, Precedence.Routine, default));
        Assert.Equal(EncryptionState.ForOthers, (await OpenAsync(encrypted, Opening with { Keys = [] })).Encryption);
    }

    [RequiresFact("openssl")]
    public async Task Opens_what_openssl_makes()
    {
        File.WriteAllText(folder["inside"], "Content-Type: text/plain\r\n\r\n" + Body);
        File.WriteAllText(folder["alice.pem"], PemOf("alice"));
        File.WriteAllText(folder["bob.pem"], PemOf("bob"));
        string[] from = ["-from", "alice@unit.origin.test", "-to", "bob@dest.test", "-subject", "outside"];
        Run(["-sign", "-in", folder["inside"], "-out", folder["clear"], "-signer", folder["alice.pem"], .. from]);
        Run(["-sign", "-in", folder["inside"], "-out", folder["opaque"], "-signer", folder["alice.pem"], "-nodetach", .. from]);
        Run(["-sign", "-in", folder["inside"], "-out", folder["inner"], "-signer", folder["alice.pem"]]);
        Run(["-encrypt", "-in", folder["inner"], "-out", folder["gcm"], "-aes-256-gcm", "-recip", folder["bob.pem"], "-keyopt", "rsa_padding_mode:oaep", .. from]);
        Run(["-encrypt", "-in", folder["inner"], "-out", folder["cbc"], "-aes-256-cbc", "-recip", folder["bob.pem"], "-keyopt", "rsa_padding_mode:oaep", .. from]);
        Run(["-encrypt", "-in", folder["inner"], "-out", folder["middle"], "-aes-256-gcm", "-recip", folder["bob.pem"], "-keyopt", "rsa_padding_mode:oaep"]);
        Run(["-sign", "-in", folder["middle"], "-out", folder["triple"], "-signer", folder["alice.pem"], .. from]);
        foreach (var name in new[] { "clear", "opaque", "gcm", "cbc", "triple" })
        {
            var opened = await OpenAsync(File.ReadAllBytes(folder[name]));
            Assert.Equal((name, SignatureState.Good, ""), (name, opened.Signature.State, opened.Signature.Reason));
            Assert.Equal(name is "clear" or "opaque" ? EncryptionState.None : EncryptionState.Opened, opened.Encryption);
            Assert.Contains("Subject: outside\r\n", Text(opened.Content), StringComparison.Ordinal);
            Assert.EndsWith("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n" + Body, Text(opened.Content), StringComparison.Ordinal);
        }

        static void Run(string[] arguments) => Making.MakingMaterial.Openssl(["cms", .. arguments]);
    }

    private static string Encrypted(ReadOnlyMemory<byte> message)
    {
        var text = Text(message);
        var start = text.IndexOf("\r\n\r\n", text.IndexOf("authEnveloped-data", StringComparison.Ordinal), StringComparison.Ordinal);
        return text[start..text.IndexOf("\r\n--", start, StringComparison.Ordinal)];
    }
}
