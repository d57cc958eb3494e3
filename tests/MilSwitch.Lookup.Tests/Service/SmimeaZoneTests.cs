using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Zone;

using MilSwitch.Testing;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

[SupportedOSPlatform("linux")]
[Trait("Feature", "R-02")]
[Trait("Feature", "R-05")]
public sealed class SmimeaZoneTests : IDisposable
{
    private static readonly SmimeaZoneSettings Zone = new() { Origin = "north.example", NameServer = "ns.unit.example", HostMaster = "hostmaster.unit.example" };
    private readonly Workspace folder = new("smimea");
    private readonly FakeTimeProvider time = new(Now);
    private readonly MemoryLog log = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Finds_the_name_of_an_address_as_RFC_8162_does()
    {
        Assert.Equal("c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com", SmimeaZone.NameOf(Mailbox.Parse("hugh@example.com")));
        Assert.Equal(SmimeaZone.NameOf(Mailbox.Parse("hugh@example.com")), SmimeaZone.NameOf(Mailbox.Parse("\"hugh\"@EXAMPLE.com")));
        Assert.NotEqual(SmimeaZone.NameOf(Mailbox.Parse("hugh@example.com")), SmimeaZone.NameOf(Mailbox.Parse("Hugh@example.com")));
    }

    [Fact]
    public async Task Writes_a_record_for_each_certificate_and_tells_who_has_none()
    {
        var eve = Mailbox.Parse("eve@north.example");
        using var authority = Authority(log, time, Settings with { GatewayKeys = [RsaKey, EcKey], OptedOut = [eve] });
        var text = new StringWriter { NewLine = "\n" };
        var result = await SmimeaZone.WriteAsync(text, authority, [Bob, eve, Mailbox.Parse("x@south.example"), Bob], Zone, 7, time);
        Assert.Equal(2, result.Records);
        Assert.Equal([eve, Mailbox.Parse("x@south.example")], result.LeftOut.Select(l => l.Recipient));
        Assert.Equal(Now.AddHours(12), result.RenewAt);
        var lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("north.example. 3600 IN SOA ns.unit.example. hostmaster.unit.example. 7 3600 900 14400 300", lines[0]);
        Assert.StartsWith(SmimeaZone.NameOf(Bob) + ". 3600 IN SMIMEA 3 0 0 3082", lines[2], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
        time.Advance(TimeSpan.FromHours(11.9));
        await Assert.ThrowsAsync<ArgumentException>(() => SmimeaZone.WriteAsync(text, authority, [Bob], Zone with { NameServer = "ns;evil" }, 8, time));
    }

    [RequiresFact("ldns-keygen", "ldns-signzone", "ldns-verify-zone")]
    public async Task The_zone_can_be_signed()
    {
        using var authority = Authority(log, time);
        using (var zone = new StreamWriter(folder["zone"]) { NewLine = "\n" }) await SmimeaZone.WriteAsync(zone, authority, [Bob], Zone, 1, time);
        var sign = await RunAsync("bash", "-c", $"cd {folder.Folder} && key=$(ldns-keygen -a ECDSAP256SHA256 -k north.example) && ldns-signzone -n zone $key && ldns-verify-zone -V 3 zone.signed");
        Assert.True(sign.ExitCode is 0, sign.Output);
        Assert.Contains("SMIMEA", File.ReadAllText(folder["zone.signed"]), StringComparison.Ordinal);
    }

    [RequiresTheory("unbound", "drill")]
    [InlineData(SmimeaForm.Zone)]
    [InlineData(SmimeaForm.GenericZone)]
    [InlineData(SmimeaForm.LocalData)]
    public async Task Unbound_answers_with_what_was_written(SmimeaForm form)
    {
        using var authority = Authority(log, time);
        Mailbox[] recipients = [Bob, Mailbox.Parse("jörg@sub.north.example")];
        using (var zone = new StreamWriter(folder["zone"]) { NewLine = "\n" })
            Assert.Equal(2, (await SmimeaZone.WriteAsync(zone, authority, recipients, Zone with { Form = form }, 1, time)).Records);
        var port = Ports.Free();
        var data = form is SmimeaForm.LocalData
            ? $"  local-zone: north.example. static\n  include: \"{folder["zone"]}\"\n"
            : $"auth-zone:\n  name: north.example\n  zonefile: \"{folder["zone"]}\"\n  for-downstream: yes\n  for-upstream: no\n";
        File.WriteAllText(folder["unbound.conf"], string.Create(CultureInfo.InvariantCulture, $"""
            server:
              interface: 127.0.0.1
              port: {port}
              do-daemonize: no
              use-syslog: no
              chroot: ""
              username: ""
              directory: "{folder.Folder}"
              pidfile: ""
              module-config: "iterator"
              do-not-query-localhost: no

            """) + data + "remote-control:\n  control-enable: no\n");
        using var unbound = Process.Start(new ProcessStartInfo(Requirement.Find("unbound")!, ["-d", "-c", folder["unbound.conf"]]) { RedirectStandardError = true })!;
        try
        {
            foreach (var recipient in recipients)
            {
                var certificate = await authority.IssueAsync(recipient.Text);
                var output = "";
                await Eventually.ComesTrueAsync(
                    async () =>
                    {
                        output = (await RunAsync("drill", "-t", "-p", port.ToString(CultureInfo.InvariantCulture), "@127.0.0.1", SmimeaZone.NameOf(recipient), "TYPE53")).Output;
                        return output.Contains("rcode: NOERROR", StringComparison.Ordinal) || unbound.HasExited;
                    },
                    TimeSpan.FromSeconds(20),
                    "unbound answers");
                Assert.Contains(Convert.ToHexString(certificate.Encoded.Span), string.Concat(output.Split([' ', '\n', '\t'])), StringComparison.OrdinalIgnoreCase);
            }
        }
        finally
        {
            if (!unbound.HasExited) unbound.Kill();
            await unbound.WaitForExitAsync();
        }
    }
}
