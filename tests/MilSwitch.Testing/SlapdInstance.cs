using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>OpenLDAP's server with a configuration, a database and ports of its own; the system's instance is never touched. It speaks LDAPS, and LDAP in clear beside it.</summary>
public sealed class SlapdInstance : IDisposable
{
    public const string Program = "slapd";
    public const string Base = "ou=people,dc=example";
    public const string Reader = "cn=reader,dc=example";
    public const string Secret = "correct horse";

    private readonly string configuration;
    private Process process;

    private SlapdInstance(string configuration, int port, int clearPort)
    {
        (this.configuration, Port, ClearPort) = (configuration, port, clearPort);
        process = Launch();
    }

    public int Port { get; }

    public int ClearPort { get; }

    /// <param name="folder">Made, and left behind.</param>
    /// <param name="server">With its key.</param>
    /// <param name="ldif">Further entries.</param>
    public static async Task<SlapdInstance> StartAsync(string folder, X509Certificate2 server, string ldif)
    {
        Directory.CreateDirectory(Path.Combine(folder, "db"));
        TestPki.Write(server, Path.Combine(folder, "server.crt"), Path.Combine(folder, "server.key"));
        var configuration = Path.Combine(folder, "slapd.conf");
        await File.WriteAllTextAsync(configuration, $"""
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include /etc/ldap/schema/inetorgperson.schema
            modulepath /usr/lib/ldap
            moduleload back_mdb
            pidfile {folder}/slapd.pid
            TLSCertificateFile {folder}/server.crt
            TLSCertificateKeyFile {folder}/server.key
            database mdb
            maxsize 33554432
            suffix "dc=example"
            directory {folder}/db
            index mail eq
            access to dn.subtree="ou=closed,dc=example" by dn.exact="{Reader}" read by anonymous auth by * none
            access to attrs=userPassword by anonymous auth by * none
            access to * by * read

            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "entries.ldif"), $"""
            dn: dc=example
            objectClass: dcObject
            objectClass: organization
            dc: example
            o: Example

            dn: {Base}
            objectClass: organizationalUnit
            ou: people

            dn: ou=closed,dc=example
            objectClass: organizationalUnit
            ou: closed

            dn: {Reader}
            objectClass: organizationalRole
            objectClass: simpleSecurityObject
            cn: reader
            userPassword: {Secret}

            {ldif}
            """);
        using (var load = Process.Start(Requirement.Find("slapadd")!, ["-f", configuration, "-l", Path.Combine(folder, "entries.ldif")])) await load.WaitForExitAsync();
        var made = new SlapdInstance(configuration, Ports.Free(), Ports.Free());
        try
        {
            await made.ComesUpAsync();
        }
        catch
        {
            made.Dispose();
            throw;
        }

        return made;
    }

    /// <summary>Takes it away.</summary>
    public void Stop()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Brings it back, with the same entries at the same ports.</summary>
    public async Task StartAgainAsync()
    {
        process.Dispose();
        process = Launch();
        await ComesUpAsync();
    }

    /// <summary>An entry of a person, in LDIF.</summary>
    public static string Person(string name, string mail, string below, params ReadOnlyMemory<byte>[] certificates)
    {
        var text = new StringBuilder($"dn: cn={name},{below}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {mail}\n");
        foreach (var certificate in certificates) text.Append("userCertificate;binary:: ").Append(Convert.ToBase64String(certificate.Span)).Append('\n');
        return text.Append('\n').ToString();
    }

    public void Dispose()
    {
        Stop();
        process.Dispose();
    }

    // -d keeps it in the foreground, so that it ends with the test.
    private Process Launch() => Process.Start(Requirement.Find(Program)!, ["-d", "0", "-f", configuration, "-h", $"ldaps://127.0.0.1:{Port} ldap://127.0.0.1:{ClearPort}"]);

    private Task ComesUpAsync() => Eventually.ComesTrueAsync(() => AnswersAsync(Port), TimeSpan.FromSeconds(20), "slapd answers");

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
