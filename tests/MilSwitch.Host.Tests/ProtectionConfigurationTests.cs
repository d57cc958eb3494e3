using MilSwitch.Domain.Protection;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Tests;

public sealed class ProtectionConfigurationTests : IDisposable
{
    private readonly ConfigurationFiles files = new();
    private readonly string library;

    public ProtectionConfigurationTests()
    {
        files.WriteCertificate().Dispose();
        files.Write("pin", "1234\n", secret: true);
        library = files.Write("library.so", "");
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_tokens_keys_and_what_is_done_with_them()
    {
        var configuration = files.Good(Text(
            "protection: { verify: true, anchors: tls.pem, decrypt: [conf, old], on-invalid: refuse }",
            "protection: { sign: { key: sign, format: opaque, digest: sha384 }, encrypt: { certificates: [tls.pem], to: all, content: aes256-cbc, header-policy: shy }, decrypt: old }"));
        var token = Assert.Single(configuration.Keys.Tokens);
        Assert.Equal(("hsm", library, "one", 3, TimeSpan.FromSeconds(5)), (token.Name, token.Library, token.Label, token.Sessions, token.Deadline));
        Assert.Equal([new TokenKeyOptions("sign", KeyRole.DomainSigning), new TokenKeyOptions("conf", KeyRole.DomainConfidentiality)], token.Keys);
        Assert.Equal(["old"], configuration.Keys.InMemory.Keys);
        var arrival = Assert.Single(configuration.Switch.Arrivals!).Value;
        Assert.Equal(("n1", true, false, true), (arrival.AuthservId, arrival.Verify, arrival.RefuseUnsigned, arrival.RefuseInvalid));
        Assert.Equal(["conf", "old"], arrival.Keys.ToArray());
        Assert.Single(arrival.Trust.Anchors);
        var departure = configuration.Switch.Routes.Routes[0].Link!.Protection!;
        Assert.Equal(new DepartureSigning("sign") { Opaque = true, Digest = "sha384" }, departure.Sign);
        Assert.Equal((true, "aes256-cbc", "shy", 1), (departure.Encrypt!.ToAll, departure.Encrypt.Content, departure.Encrypt.HeaderPolicy, departure.Encrypt.Certificates.Length));
        Assert.Equal(["old"], departure.Keys.ToArray());
    }

    [Fact]
    public void The_store_is_sealed_for_who_could_open_its_mail_unless_something_else_is_said()
    {
        const string Opens = "protection: { decrypt: [conf, old] }";
        Assert.Null(files.Good(ConfigurationFiles.Minimum).SealKey);
        Assert.Null(files.Good(Text("", "protection: { decrypt: old }")).SealKey);
        Assert.Equal("conf", files.Good(Text(Opens, "")).SealKey);
        Assert.Equal("old", files.Good(Text(Opens, "") + "\nstore: { seal: old }").SealKey);
        Assert.Null(files.Good(Text(Opens, "") + "\nstore: { seal: none }").SealKey);
        AssertNames(files.Problems(Text("", "") + "\nstore: { seal: cont }"), "store.seal: there is no key 'cont' under 'tokens' or 'keys'; did you mean 'conf'?");
        AssertNames(files.Problems(Text("", "") + "\nstore: { seal: sign }"), "store.seal: 'sign' has the role domain-signing, and a key has one role");
    }

    [Fact]
    public void Nothing_is_protected_where_nothing_is_said()
    {
        var configuration = files.Good(ConfigurationFiles.Minimum);
        Assert.Null(configuration.Switch.Arrivals);
        Assert.Null(configuration.Switch.Routes.Routes[0].Link!.Protection);
        Assert.Empty(configuration.Keys.Tokens);
    }

    [Fact]
    public void Routes_of_one_link_have_the_same_protection()
    {
        const string Protection = "protection: { encrypt: { certificates: tls.pem } }";
        var second = "\n  - { match: a.example, next-hop: \"127.0.0.1:2626\", ";
        files.Good(Text("", Protection) + second + Protection + " }");
        Assert.Contains("has other settings", Assert.Single(files.Problems(Text("", Protection) + second + "protection: { encrypt: { certificates: tls.pem, to: all } } }")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protection: {}", "says neither verify: true nor decrypt")]
    [InlineData("protection: { verify: true }", "protection.anchors: is missing")]
    [InlineData("protection: { verify: true, anchors: nowhere.pem }", "protection.anchors: 'nowhere.pem' does not exist")]
    [InlineData("protection: { verify: true, anchors: pin }", "protection.anchors: 'pin' ")]
    [InlineData("protection: { decrypt: [conf], on-invalid: refuse }", "protection.on-invalid: does nothing without verify: true")]
    [InlineData("protection: { decrypt: [cont] }", "there is no key 'cont' under 'tokens' or 'keys'; did you mean 'conf'?")]
    [InlineData("protection: { decrypt: [sign] }", "'sign' has the role domain-signing, and a key has one role")]
    [InlineData("protection: { verify: true, anchors: tls.pem, suite: weak }", "protection.suite: 'weak' is not one of")]
    [InlineData("protection: { verify: true, anchors: tls.pem, authserv-id: \"a b\" }", "protection.authserv-id: 'a b' is not a domain name")]
    [InlineData("protection: { verify: true, anchors: tls.pem, verifi: true }", "protection.verifi: unknown key")]
    public void Names_the_faults_of_a_listener(string protection, string problem) => AssertNames(files.Problems(Text(protection, "")), problem);

    [Theory]
    [InlineData("protection: {}", "says neither sign, encrypt nor decrypt")]
    [InlineData("protection: { sign: {} }", "protection.sign.key: is missing")]
    [InlineData("protection: { sign: { key: nobody } }", "there is no key 'nobody'")]
    [InlineData("protection: { sign: { key: conf } }", "'conf' has the role domain-confidentiality, and a key has one role")]
    [InlineData("protection: { sign: { key: sign, signature-type: domain } }", "must be named 'domain-signing-authority'")]
    [InlineData("protection: { sign: { key: sign, digest: md5 } }", "'md5' is not one of sha256, sha384, sha512")]
    [InlineData("protection: { sign: { key: sign, encapsulate: true } }", "is for signatures on behalf of others")]
    [InlineData("protection: { sign: { key: sign, around: { key: old } } }", "is inside of an originator's signature")]
    [InlineData("protection: { sign: { key: sign, signature-type: review, around: { key: old, signature-type: domain } } }", "which goes around all others")]
    [InlineData("protection: { sign: { key: sign, signature-type: review, around: { key: old, header-protection: none } } }", "is said by the outermost signature")]
    [InlineData("protection: { sign: { key: sign, signature-type: review, around: { key: nobody } } }", "protection.sign.around.key: there is no key 'nobody'")]
    [InlineData("protection: { sign: { key: sign, header-protection: rfc7508 } }", "'rfc7508' is not one of none, rfc9788, rfc8551")]
    [InlineData("protection: { sign: { key: sign, header-protection: none }, encrypt: { certificates: tls.pem, header-protection: rfc9788 } }", "has one header")]
    [InlineData("protection: { encrypt: { certificates: tls.pem, header-protection: none, header-policy: shy } }", "hides nothing with header-protection: none")]
    [InlineData("protection: { encrypt: { certificates: tls.pem, authority-naming: uri } }", "'uri' is not one of rfc3183, common-name, mail-address")]
    [InlineData("protection: { encrypt: {} }", "protection.encrypt.certificates: is missing")]
    [InlineData("protection: { encrypt: { certificates: [] } }", "protection.encrypt.certificates: holds no certificate")]
    [InlineData("protection: { encrypt: { certificates: tls.pem, content: des } }", "'des' is not one of")]
    public void Names_the_faults_of_a_route(string protection, string problem) => AssertNames(files.Problems(Text("", protection)), problem);

    [Theory]
    [InlineData("library: LIBRARY", "library: softhsm", "library: 'softhsm' must be a full path")]
    [InlineData("library: LIBRARY", "library: /nowhere/x.so", "library: '/nowhere/x.so' does not exist")]
    [InlineData("label: one", "x: one", "exactly one of label and serial")]
    [InlineData("label: one", "label: one, serial: \"1\"", "exactly one of label and serial")]
    [InlineData("pin: { file: pin }", "pin: 1234", "must not stand in the configuration")]
    [InlineData("pin: { file: pin }", "sessions: 2", "pin: is missing")]
    [InlineData("label: sign, role: domain-signing", "label: sign", "role: is missing")]
    [InlineData("label: sign, role: domain-signing", "label: conf, role: domain-signing", "'conf' is given twice")]
    [InlineData("name: old", "name: sign", "'sign' is the name or label of another key already")]
    [InlineData("file: tls.key", "file: tls.pem", "can be read by everyone")]
    [InlineData("file: tls.key", "file: pin", "keys[0].file: ")]
    [Trait("Threat", "K4")]
    public void Names_the_faults_of_tokens_and_keys(string good, string bad, string problem)
    {
        var text = Text("", "").Replace("LIBRARY", library, StringComparison.Ordinal);
        good = good.Replace("LIBRARY", library, StringComparison.Ordinal);
        Assert.Contains(good, text, StringComparison.Ordinal);
        var problems = files.Problems(text.Replace(good, bad, StringComparison.Ordinal));
        AssertNames(problems, problem);
        Assert.DoesNotContain("1234", string.Concat(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_are_the_same_only_when_they_are_worked_with_in_the_same_way()
    {
        var keys = files.Good(Text("", "")).Keys;
        Assert.True(keys.HasTokensOf(files.Good(Text("", "") + "\n").Keys));
        Assert.False(keys.HasTokensOf(files.Good(Text("", "").Replace("sessions: 3", "sessions: 4", StringComparison.Ordinal)).Keys));
        Assert.False(keys.HasTokensOf(KeyConfiguration.None));
    }

    private static void AssertNames(string[] problems, string problem) =>
        Assert.True(problems.Any(p => p.Contains(problem, StringComparison.Ordinal)), string.Join('\n', problems));

    private string Text(string listener, string route) =>
        $$"""
        node: { name: n1, data: ./data }
        tokens:
          - { name: hsm, library: {{library}}, label: one, pin: { file: pin }, sessions: 3, deadline: 5s, keys: [{ label: sign, role: domain-signing, certificate: tls.pem }, { label: conf, role: domain-confidentiality, certificate: tls.pem }] }
        keys:
          - { name: old, file: tls.key, certificate: tls.pem }
        listeners:
          - { name: mta, endpoint: "127.0.0.1:2525", role: relay{{(listener.Length is 0 ? "" : ", " + listener)}} }
        routes:
          - { match: "*", next-hop: "127.0.0.1:2626"{{(route.Length is 0 ? "" : ", " + route)}} }
        """;
}
