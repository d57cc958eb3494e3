using System.Text;
using System.Text.Json;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;

namespace MilSwitch.Integration;

/// <summary>What a boundary of a running switch does for each of its neighbours (RFC 3183, 9788, 8551, 2634 §4), judged by others.</summary>
[Trait("Feature", "K-01")]
public sealed class PeerTests(PeerField field) : IClassFixture<PeerField>
{
    private const string OpenSsl = "openssl";

    [RequiresTheory(OpenSsl)]
    [InlineData("plain", "rfc9788")]
    [InlineData("wrap", "rfc8551")]
    [InlineData("bare", "none")]
    [Trait("Feature", "G-02")]
    public async Task Protects_the_header_of_what_it_signs_as_the_peer_wants_it(string neighbour, string scheme)
    {
        var to = $"header@{neighbour}.test";
        await field.SendAsync(PeerField.Plain(to), to);
        var (file, _) = await field.ArrivesAsync(to);
        var covered = Load(await field.VerifiedAsync(file, "CN=domain-signing-authority"));
        Assert.Equal(scheme is "rfc9788" ? "clear" : null, covered.Body?.ContentType.Parameters["hp"]);
        Assert.Equal(scheme is "rfc8551", covered.Body is MimeKit.MessagePart);
        var inside = covered.Body is MimeKit.MessagePart { Message: { } message } ? message : covered;
        Assert.Equal(scheme is "none" ? null : "convoy", inside.Subject);
        Assert.Equal("Attack at dawn.", inside.TextBody?.Trim());
        var report = await field.InspectAsync(file);
        Assert.Equal(scheme, report.GetProperty("headerProtection").GetProperty("scheme").GetString());
        Assert.Equal("valid", report.GetProperty("verdict").GetString());
    }

    [RequiresTheory(OpenSsl)]
    [InlineData("bob@sealed.test", "bob", "rfc9788", true)]
    [InlineData("carol@sealed-wrap.test", "dca-sealed-wrap", "rfc8551", true)]
    [InlineData("bare@sealed-bare.test", "bare", "none", false)]
    [Trait("Feature", "G-03")]
    public async Task Protects_the_header_of_what_it_encrypts_as_the_peer_wants_it(string to, string opener, string scheme, bool hides)
    {
        await field.SendAsync(PeerField.Plain(to), to);
        var (file, arrived) = await field.ArrivesAsync(to);
        Assert.Equal(hides ? "[...]" : "convoy", arrived.Field("Subject"));
        var covered = Load(await field.VerifiedAsync(await field.DecryptedAsync(file, opener)));
        Assert.Equal(scheme is "rfc9788" ? "cipher" : null, covered.Body?.ContentType.Parameters["hp"]);
        var inside = covered.Body is MimeKit.MessagePart { Message: { } message } ? message : covered;
        Assert.Equal(scheme is "none" ? null : "convoy", inside.Subject);
        Assert.Equal(scheme, (await field.InspectAsync(file, opener)).GetProperty("headerProtection").GetProperty("scheme").GetString());
    }

    /// <summary>RFC 3183 §3: originator inside, then who reviewed, who added attributes, and the domain outermost.</summary>
    [RequiresTheory(OpenSsl)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Feature", "K-05")]
    public async Task Signs_in_their_order_and_each_signature_goes_around_the_last(bool isSigned)
    {
        var to = $"order-{isSigned}@chain.test".ToLowerInvariant();
        await field.SendAsync(isSigned ? await field.ClientSignsAsync(to) : PeerField.Plain(to), to);
        var (file, _) = await field.ArrivesAsync(to);
        var reviewed = await field.VerifiedAsync(await field.VerifiedAsync(await field.VerifiedAsync(file, "CN=domain-signing-authority"), "CN=attribute-authority"), "CN=review-authority");
        if (isSigned) Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(await field.VerifiedAsync(reviewed, "CN=Alice")), StringComparison.Ordinal);
        else
        {
            // Nobody signed the innermost object; what it holds is the message.
            Assert.Contains("application/pkcs7-mime", await File.ReadAllTextAsync(reviewed), StringComparison.Ordinal);
        }

        var layers = (await field.InspectAsync(file)).GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("signers")).ToArray();
        Assert.Equal(4, layers.Length);
        Assert.Equal(["domain", "attribute", "review"], layers[..3].Select(s => s[0].GetProperty("signatureType").GetString()));
        Assert.Equal(isSigned ? 1 : 0, layers[3].GetArrayLength());
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-05")]
    public async Task Opens_what_is_encrypted_and_keeps_the_signature_of_its_originator_inside_of_its_own()
    {
        const string to = "signature@kept.test";
        await field.SendAsync(await field.ClientEncryptsAsync(await field.ClientSignsAsync(to), "conf"), to);
        var (file, _) = await field.ArrivesAsync(to);
        var inside = await field.VerifiedAsync(file, "CN=domain-signing-authority");
        Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(await field.VerifiedAsync(inside, "CN=Alice")), StringComparison.Ordinal);
        Assert.Equal("valid", (await field.InspectAsync(file)).GetProperty("verdict").GetString());
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "G-06")]
    public async Task Keeps_no_signature_over_a_field_that_does_not_cross()
    {
        const string to = "undisclosed@kept.test";
        var signed = await MessageProtector.SignAsync(PeerField.Octets(PeerField.Plain(to, "User-Agent: secret 1.0\r\n")), field.Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 });
        await field.SendAsync(PeerField.Text(signed), to);
        Assert.Equal("encrypt: its field User-Agent was changed here, and the signatures around it cover that", await field.HeldAsync(to));
    }

    /// <summary>Which name makes an authority is agreed with each peer (RFC 3183 §3.1.1).</summary>
    [RequiresTheory(OpenSsl)]
    [InlineData("rfc3183", "gate", "body.smime-identifier=domain-signing-authority@red.test")]
    [InlineData("rfc3183", "named", "body.smime-serial=")]
    [InlineData("rfc3183", "addressed", null)]
    [InlineData("rfc3183", "server", null)]
    [InlineData("common-name", "named", "body.smime-serial=")]
    [InlineData("common-name", "addressed", null)]
    [InlineData("common-name", "server", null)]
    [InlineData("mail-address", "addressed", "body.smime-identifier=domain-signing-authority@red.test")]
    [InlineData("mail-address", "named", null)]
    [InlineData("uri", "server", "body.smime-serial=")]
    [InlineData("uri", "gate", null)]
    [InlineData("uri", "alice", null)]
    [Trait("Feature", "K-08")]
    [Trait("Threat", "C3")]
    public async Task Believes_an_authority_by_the_name_that_was_agreed_and_shows_it_as_nobody_else(string neighbour, string owner, string? result)
    {
        var to = $"by-{owner}@{neighbour}.test";
        await field.SendAsync(PeerField.Text(await DomainSigning.SignAsync(PeerField.Octets(PeerField.Plain(to)), field.Signing(owner, SignatureType.Domain))), to);
        if (result is null)
        {
            Assert.StartsWith("verify: its signature is not to be believed: SIGNER-MISMATCH", await field.HeldAsync(to), StringComparison.Ordinal);
            return;
        }

        var (_, arrived) = await field.ArrivesAsync(to);
        var said = arrived.Field("Authentication-Results")!;
        Assert.StartsWith("a.test; smime=pass", said, StringComparison.Ordinal);
        Assert.Contains(result, said, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", said, StringComparison.Ordinal);
        Assert.Equal("domain", arrived.Field("X-MilSwitch-Signature-Role"));
    }

    [RequiresTheory(OpenSsl)]
    [InlineData("reviewed", "review", SignatureType.Review, true)]
    [InlineData("reviewed", "false-review", SignatureType.Review, false)]
    [InlineData("reviewed", "gate", SignatureType.Domain, false)]
    [InlineData("attributed", "attribute", SignatureType.AdditionalAttributes, true)]
    [InlineData("attributed", "false-attribute", SignatureType.AdditionalAttributes, false)]
    [InlineData("attributed", "review", SignatureType.Review, false)]
    [Trait("Feature", "K-03")]
    [Trait("Feature", "K-04")]
    public async Task Asks_for_the_role_that_a_boundary_wants(string neighbour, string owner, string type, bool crosses)
    {
        var to = $"{owner}@{neighbour}.test";
        var signed = await MessageProtector.SignAsync(PeerField.Octets(PeerField.Plain(to)), field.Signing("alice"));
        await field.SendAsync(PeerField.Text(await DomainSigning.SignAsync(PeerField.Octets(PeerField.Text(signed)), field.Signing(owner, type))), to);
        if (!crosses)
        {
            Assert.StartsWith("verify: its signature is not to be believed: ", await field.HeldAsync(to), StringComparison.Ordinal);
            return;
        }

        // A reviewer says nothing of who wrote it: the originator's signature does.
        var (_, arrived) = await field.ArrivesAsync(to);
        Assert.Contains("body.smime-identifier=alice@red.test", arrived.Field("Authentication-Results"), StringComparison.Ordinal);
        Assert.Equal("originator", arrived.Field("X-MilSwitch-Signature-Role"));
    }

    /// <summary>RFC 3183 §5: the domain's signature goes where no agent takes it off, and the history stays outermost.</summary>
    [RequiresTheory(OpenSsl)]
    [InlineData("lists", false)]
    [InlineData("lists", true)]
    [InlineData("lists-kept", true)]
    [Trait("Feature", "K-06")]
    public async Task Signs_inside_of_what_a_mailing_list_said(string neighbour, bool isEncrypted)
    {
        var to = $"member-{isEncrypted}@{neighbour}.test".ToLowerInvariant();
        await field.SendAsync(await ExpandedAsync(isEncrypted, "list", MlReceiptPolicy.None), to);
        var (file, _) = await field.ArrivesAsync(to);
        var inside = await field.VerifiedAsync(file, "CN=domain-signing-authority");
        if (neighbour is "lists-kept") inside = await field.DecryptedAsync(inside, "dca-lists-kept");
        var content = await field.VerifiedAsync(inside, "CN=domain-signing-authority");
        if (neighbour is "lists-kept") content = await field.VerifiedAsync(content, "CN=Alice");
        Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(content), StringComparison.Ordinal);
        var layers = (await field.InspectAsync(file, neighbour is "lists-kept" ? "dca-lists-kept" : null)).GetProperty("layers");
        Assert.Equal("none", layers[0].GetProperty("mlExpansionHistory")[0].GetProperty("receiptPolicy").GetString());
        Assert.All(layers.EnumerateArray().Skip(1), l => Assert.Equal(0, l.GetProperty("mlExpansionHistory").GetArrayLength()));
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-06")]
    public async Task Believes_the_lists_only_that_were_agreed_and_sees_its_own_again()
    {
        await field.SendAsync(await ExpandedAsync(false, "list", MlReceiptPolicy.Absent), "member@no-lists.test");
        Assert.StartsWith("verify: its signature is not to be believed: SIGNER-MISMATCH", await field.HeldAsync("member@no-lists.test"), StringComparison.Ordinal);
        await field.SendAsync(await ExpandedAsync(false, "gate", MlReceiptPolicy.Absent), "loop@lists.test");
        Assert.Equal("parse: it went through a mailing list of this switch before: a loop", await field.HeldAsync("loop@lists.test"));
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-06")]
    [Trait("Threat", "C10")]
    public async Task Takes_nobody_for_a_member_of_a_list_that_the_originator_did_not_write_to()
    {
        var plain = PeerField.Plain("somebody@lists.test");
        var signed = await MessageProtector.SignAsync(PeerField.Octets(plain), field.Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 });
        await field.SendAsync(PeerField.Text(await MessageProtector.SignAsync(PeerField.Octets(PeerField.Text(signed)), Agent("list", MlReceiptPolicy.Absent))), "stranger@lists.test");
        Assert.Equal("headers: the protected header does not name recipient 1", await field.HeldAsync("stranger@lists.test"));
    }

    /// <summary>Case (a) of RFC 3183 §4: from originator to recipient, whatever is between.</summary>
    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-02")]
    public async Task Encrypted_by_the_originator_for_the_recipient()
    {
        const string to = "bob@triple.test";
        var wrapped = await MessageProtector.WrapAsync(PeerField.Octets(PeerField.Plain(to)), field.Signing("alice"), field.Encrypting("bob"), field.Signing("alice"));
        await field.SendAsync(PeerField.Text(wrapped), to);
        var (file, _) = await field.ArrivesAsync(to);
        var inside = await field.DecryptedAsync(await field.VerifiedAsync(file, "CN=domain-signing-authority"), "bob");
        Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(await field.VerifiedAsync(inside, "CN=Alice")), StringComparison.Ordinal);

        // Without the outer signature nobody here can say whose it is.
        await field.SendAsync(await field.ClientEncryptsAsync(PeerField.Plain("bob@sealed.test"), "bob"), "closed@sealed.test");
        Assert.Equal("decrypt: it is encrypted, and not for this boundary", await field.HeldAsync("closed@sealed.test"));
    }

    /// <summary>Cases (b) and (c): by the originator for the gateway, and by the gateway for the recipient.</summary>
    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-02")]
    public async Task Encrypted_by_the_originator_for_the_gateway_and_by_the_gateway_for_the_recipient()
    {
        const string to = "bob@sealed.test";
        await field.SendAsync(await field.ClientEncryptsAsync(PeerField.Plain(to, "X-Case: bc\r\n"), "conf"), to);
        await Eventually.ComesTrueAsync(() => field.Arrivals(to).Any(t => t.Field("X-Case") is "bc"), PeerField.Patience, "it arrives");
        var file = field["case-bc"];
        await File.WriteAllBytesAsync(file, field.Arrivals(to).First(t => t.Field("X-Case") is "bc").Content);
        Assert.False(await field.OpensAsync(file, "conf"));
        Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(await field.VerifiedAsync(await field.DecryptedAsync(file, "bob"), "CN=domain-signing-authority")), StringComparison.Ordinal);
    }

    /// <summary>Case (d): from gateway to gateway, and end to end for two clients that know nothing of it.</summary>
    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-02")]
    public async Task Encrypted_by_one_gateway_for_the_next()
    {
        const string to = "clerk@between.test";
        await field.SendAsync(PeerField.Plain(to), to);
        var (_, arrived) = await field.ArrivesAsync(to);
        var text = Encoding.ASCII.GetString(arrived.Content.Span);
        Assert.Contains("Attack at dawn.", text, StringComparison.Ordinal);
        Assert.Equal("convoy", arrived.Field("Subject"));
        Assert.Equal("domain", arrived.Field("X-MilSwitch-Signature-Role"));
        Assert.StartsWith("b.test; smime=pass\tbody.smime-identifier=domain-signing-authority@red.test", arrived.Field("Authentication-Results"), StringComparison.Ordinal);
    }

    /// <summary>RFC 3183 §4.1: the name has to be an authority's, or the mail could be for the wrong one.</summary>
    [RequiresFact(OpenSsl)]
    [Trait("Feature", "K-02")]
    public async Task Encrypts_for_no_authority_that_is_not_named_so()
    {
        await field.SendAsync(PeerField.Plain("nobody@sealed-bare.test"), "nobody@sealed-bare.test");
        Assert.StartsWith("encrypt: no certificate to encrypt to: nobody@sealed-bare.test", await field.HeldAsync("nobody@sealed-bare.test"), StringComparison.Ordinal);
    }

    /// <summary>A client that knows of no gateway encrypts for it by adding its address.</summary>
    [RequiresFact(OpenSsl)]
    [Trait("Feature", "J-02")]
    public async Task Opens_what_was_sent_to_the_gateway_as_well_and_delivers_to_everybody_else()
    {
        // Natively encrypted for one; the other has no certificate that the client knows; a third stays at home.
        const string fields = "Cc: via@gateway.test, \"The, gateway\" <gateway@red.test>,\r\n home@red.test\r\n";
        await field.SendAsync(
            await field.ClientEncryptsAsync(PeerField.Plain("native@gateway.test", fields), "native", "gateway", "alice"),
            "native@gateway.test", "via@gateway.test", "gateway@red.test", "home@red.test");

        var (file, arrived) = await field.ArrivesAsync("native@gateway.test");
        Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(await field.DecryptedAsync(file, "native")), StringComparison.Ordinal);
        Assert.Contains("Attack at dawn.", await File.ReadAllTextAsync(await field.DecryptedAsync(file, "dca-gateway")), StringComparison.Ordinal);
        Assert.False(await field.OpensAsync(file, "gateway"));
        Assert.Equal("via@gateway.test, home@red.test", arrived.Field("Cc"));
        Assert.Single(field.Arrivals("via@gateway.test"));
        var (home, local) = await field.ArrivesAsync("home@red.test");
        Assert.True(await field.OpensAsync(home, "alice"));
        Assert.Contains("gateway@red.test", local.Field("Cc"), StringComparison.Ordinal);
        Assert.Empty(field.Arrivals("gateway@red.test"));
        await Eventually.ComesTrueAsync(
            async () => (await field.Node.CommandAsync("track", "--recipient", "native@gateway.test", "--json")).Output.Contains("\"crossed\"", StringComparison.Ordinal), PeerField.Patience, "nothing of it is left");
    }

    [RequiresFact(OpenSsl)]
    [Trait("Feature", "J-02")]
    public async Task Holds_what_is_for_nobody_but_the_gateway_and_goes_on_for_those_who_have_a_certificate()
    {
        await field.SendAsync(PeerField.Plain("gateway@red.test"), "gateway@red.test");
        Assert.Equal("it is for nobody but to-gateway itself", await field.HeldAsync("gateway@red.test"));
        // Encrypted for one recipient and not for the gateway: nobody else gets it.
        await field.SendAsync(await field.ClientEncryptsAsync(PeerField.Plain("native@gateway.test"), "native"), "closed@gateway.test", "gateway@red.test");
        Assert.Equal("decrypt: it is encrypted, and not for this boundary", await field.HeldAsync("closed@gateway.test"));
    }

    /// <summary>Somebody who can't be told writes a higher level into a copy that only looks protected.</summary>
    [RequiresFact(OpenSsl)]
    [Trait("Threat", "C12")]
    public async Task Raises_no_precedence_for_a_copy_that_nobody_vouches_for()
    {
        const string to = "precedence@sealed.test";
        var plain = PeerField.Plain(to, "MMHS-Primary-Precedence: 4\r\n");
        var sealedMessage = PeerField.Text(await MessageProtector.EncryptAsync(PeerField.Octets(plain), field.Encrypting("conf") with { HeaderProtection = ProtectionScheme.Rfc9788 }));
        // Outside there is none.
        await field.SendAsync(sealedMessage.Replace("MMHS-Primary-Precedence: 4\r\nMIME", "MIME", StringComparison.Ordinal), to);
        var reason = await field.HeldAsync(to);
        Assert.Equal("headers: the outer MMHS-Primary-Precedence is not the one that was protected", reason);
        using var listed = JsonDocument.Parse((await field.Node.CommandAsync("queue", "list", "--state", "held", "--json")).Output);
        Assert.Contains(
            listed.RootElement.GetProperty("items").EnumerateArray(),
            m => m.GetProperty("heldBecause").GetString() == reason && m.GetProperty("precedence").GetString() == "routine");
    }

    private static MimeKit.MimeMessage Load(string file) => MimeKit.MimeMessage.Load(file);

    private SignatureSettings Agent(string owner, MlReceiptPolicy policy) => field.Signing("list") with
    {
        ExpansionHistory = [new MlData { List = SignerIdentifier.Of(field.CertificateOf(owner)), ExpandedAt = TimeProvider.System.GetUtcNow(), Policy = policy }],
    };

    // Signed by its originator for the list, and signed by the list's agent around that, or around the encryption.
    private async Task<string> ExpandedAsync(bool isEncrypted, string list, MlReceiptPolicy policy)
    {
        var plain = PeerField.Octets(PeerField.Plain("tac@red.test"));
        var protects = field.Signing("alice") with { HeaderProtection = ProtectionScheme.Rfc9788 };
        var inner = isEncrypted
            ? await MessageProtector.SignAndEncryptAsync(plain, protects, field.Encrypting("conf"))
            : await MessageProtector.SignAsync(plain, protects);
        return PeerField.Text(await MessageProtector.SignAsync(PeerField.Octets(PeerField.Text(inner)), Agent(list, policy)));
    }
}
