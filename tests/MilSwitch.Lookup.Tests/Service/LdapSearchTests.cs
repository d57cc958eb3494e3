using System.Net.Security;
using System.Runtime.Versioning;
using MilSwitch.Lookup.Service.Opening;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Making;
using MilSwitch.Testing;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

/// <summary>OpenLDAP's client against our directory, asking as mail programs do.</summary>
[SupportedOSPlatform("linux")]
[Trait("Feature", "R-01")]
[Trait("Feature", "R-05")]
public sealed class LdapSearchTests : IDisposable
{
    private readonly Workspace folder = new("ldapsearch");

    public void Dispose() => folder.Dispose();

    [RequiresFact("ldapsearch", "openssl")]
    public async Task Ldapsearch_finds_the_certificate_as_Thunderbird_asks_for_it()
    {
        await using var server = new LdapServer(issuing: Settings);
        var found = await SearchAsync(server.Uri, "-t", "-T", folder.Folder, "-b", LdapServer.Suffix, "(mail=bob@north.example)", "usercertificate;binary");
        Assert.Contains("dn: mail=bob@north.example," + LdapServer.Suffix, found, StringComparison.Ordinal);
        Assert.Contains("\nuserCertificate;binary:", found, StringComparison.Ordinal);
        var file = Assert.Single(Directory.GetFiles(folder.Folder, "ldapsearch-*"));
        Assert.Contains("bob@north.example", await OpensslAsync("x509", "-inform", "DER", "-in", file, "-noout", "-subject"), StringComparison.Ordinal);
        var both = await SearchAsync(server.Uri, "-b", LdapServer.Suffix, "(|(mail=bob@north.example)(mail=eve@sub.north.example)(mail=x@south.example))", "usercertificate;binary");
        Assert.Contains("# numEntries: 2", both, StringComparison.Ordinal);
    }

    [RequiresFact("ldapsearch", "openssl")]
    public async Task Mail_that_is_encrypted_to_what_was_found_is_opened_by_the_gateway()
    {
        await using var server = new LdapServer(issuing: Settings with { GatewayKeys = [EcKey] });
        await SearchAsync(server.Uri, "-t", "-T", folder.Folder, "-b", "dc=unit,dc=example", "(mail=bob@north.example)", "usercertificate;binary");
        await OpensslAsync("x509", "-inform", "DER", "-in", Directory.GetFiles(folder.Folder, "ldapsearch-*")[0], "-out", folder["bob.pem"]);
        File.WriteAllText(folder["inside"], "Content-Type: text/plain\r\n\r\nFuel.\r\n");
        await OpensslAsync("cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", folder["inside"], "-out", folder["made"], "-to", "bob@north.example", "-recip", folder["bob.pem"]);
        var message = File.ReadAllBytes(folder["made"]);
        using var opened = await MessageProtector.DecryptAsync(message, await new ProxyKeys(server.Authority.Certificate, GatewayKeys()).ForAsync(message), OpeningOptions.Default);
        Assert.Equal(DecryptionOutcome.Opened, opened.Outcome);
        Assert.True(opened.IsAuthenticated);
    }

    [RequiresFact("ldapsearch")]
    public async Task Ldapsearch_is_told_about_the_server_and_gets_the_right_words_for_the_rest()
    {
        await using var server = new LdapServer();
        var root = await SearchAsync(server.Uri, "-b", "", "-s", "base", "(objectClass=*)", "+", "*");
        Assert.Contains("namingContexts: " + LdapServer.Suffix, root, StringComparison.Ordinal);
        var (exit, output) = await RunAsync("ldapsearch", "-x", "-H", server.Uri, "-b", "dc=elsewhere", "(mail=bob@north.example)");
        Assert.Equal(32, exit);
        Assert.Contains("No such object", output, StringComparison.Ordinal);
        Assert.Equal(13, (await RunAsync("ldapsearch", "-x", "-H", server.Uri, "-D", "cn=a", "-w", "secret", "-b", "", "(mail=a@north.example)")).ExitCode);
    }

    [RequiresTheory("ldapsearch")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ldapsearch_finds_it_inside_of_TLS(bool isImplicit)
    {
        using var pki = new TestPki();
        using var certificate = pki.Issue("127.0.0.1");
        TestPki.Write(pki.Authority, folder["ca.pem"]);
        await using var server = new LdapServer(tls: new SslServerAuthenticationOptions { ServerCertificate = certificate }, isImplicit: isImplicit);
        File.WriteAllText(folder["ldaprc"], $"TLS_CACERT {folder["ca.pem"]}\nTLS_REQCERT demand\n");
        var uri = isImplicit ? server.Uri.Replace("ldap:", "ldaps:", StringComparison.Ordinal) : server.Uri;
        string[] start = isImplicit ? [] : ["-ZZ"];
        var (exit, output) = await RunAsync("env", ["LDAPCONF=" + folder["ldaprc"], "ldapsearch", "-x", "-H", uri, .. start, "-b", LdapServer.Suffix, "(mail=bob@north.example)", "usercertificate;binary"]);
        Assert.True(exit is 0, output);
        Assert.Contains("userCertificate;binary::", output, StringComparison.Ordinal);
    }

    private static async Task<string> SearchAsync(string uri, params string[] arguments)
    {
        var (exit, output) = await RunAsync("ldapsearch", ["-x", "-H", uri, .. arguments]);
        Assert.True(exit is 0, output);
        return output;
    }
}
