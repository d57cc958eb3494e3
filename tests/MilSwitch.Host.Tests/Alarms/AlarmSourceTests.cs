using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Alarms;
using MilSwitch.Host.Alarms;
using MilSwitch.Host.Running;
using MilSwitch.Smime.Certificates;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests.Alarms;

/// <summary>Conditions beside the switch: each is provoked, seen, and seen to go.</summary>
public sealed class AlarmSourceTests : IDisposable
{
    private readonly ConfigurationFiles files = new();
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task A_scanner_that_is_not_there()
    {
        var port = Ports.Free();
        var watch = new ScannerWatch(Holder($"checks: [{{ name: av, type: clamd, address: \"127.0.0.1:{port}\" }}]\n"), TimeProvider.System);
        await watch.LookAsync(default);
        // One that is busy is not away.
        Assert.Empty(watch.Alarms);
        await watch.LookAsync(default);
        var alarm = Assert.Single(watch.Alarms);
        Assert.Equal(("checker:av", "check av: the scanner can't be reached; what it has to look at is held"), (alarm.Id, alarm.Text));

        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var heard = new byte[16];
            await client.GetStream().ReadAtLeastAsync(heard, 6);
            await client.GetStream().WriteAsync("PONG\0"u8.ToArray());
        });
        await watch.LookAsync(default);
        await answering;
        Assert.Empty(watch.Alarms);
    }

    [Fact]
    public async Task A_scanner_of_another_protocol_is_not_there_either()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var watch = new ScannerWatch(Holder($"checks: [{{ name: dlp, type: icap, address: \"127.0.0.1:{port}\", service: reqmod }}]\n"), TimeProvider.System);
        for (var i = 0; i < 2; i++)
        {
            var answering = Task.Run(async () =>
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("220 mail.example ESMTP\r\n"u8.ToArray());
            });
            await watch.LookAsync(default);
            await answering;
        }

        Assert.Equal("checker:dlp", Assert.Single(watch.Alarms).Id);
    }

    [Fact]
    public void A_certificate_that_ends_is_told_of_thirty_days_seven_days_and_one_day_before()
    {
        WriteCertificate(time.GetUtcNow().AddDays(40));
        var holder = Holder("""
            alarms: { certificates: 30d }
            admin: { endpoint: "127.0.0.1:0", tls: { certificate: tls.pem, key: tls.key } }

            """);
        var watch = new ValidityWatch(holder, () => [], time);
        Assert.Empty(watch.Alarms);
        Assert.Equal(("certificate:admin", AlarmSeverity.Medium), Later(11));
        Assert.Equal(AlarmSeverity.High, Later(23).Severity);
        Assert.Equal(AlarmSeverity.Critical, Later(5.5).Severity);
        Later(1);
        Assert.Contains("has ended", watch.Alarms[0].Text, StringComparison.Ordinal);
        // It stands since it was noticed first.
        Assert.True(time.GetUtcNow() - watch.Alarms[0].Since > TimeSpan.FromDays(29));
        WriteCertificate(time.GetUtcNow().AddDays(400));
        Assert.Empty(new ValidityWatch(Holder("admin: { endpoint: \"127.0.0.1:0\", tls: { certificate: tls.pem, key: tls.key } }\n"), () => [], time).Alarms);

        (string, AlarmSeverity? Severity) Later(double days)
        {
            time.Advance(TimeSpan.FromDays(days));
            var alarm = Assert.Single(watch.Alarms);
            return (alarm.Id, alarm.Severity);
        }
    }

    [Fact]
    public void A_revocation_list_that_should_have_been_followed_by_another()
    {
        List<RevocationList> lists = [List(time.GetUtcNow().AddDays(1), 1)];
        var watch = new ValidityWatch(Holder(""), () => lists, time);
        Assert.Empty(watch.Alarms);
        time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("crl:CN=issuer", Assert.Single(watch.Alarms).Id);
        lists.Add(List(time.GetUtcNow().AddDays(1), 2));
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(watch.Alarms);
    }

    private static RevocationList List(DateTimeOffset next, int number)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=issuer", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var issuer = request.CreateSelfSigned(next.AddDays(-10), next.AddYears(1));
        return RevocationList.Read(new CertificateRevocationListBuilder().Build(issuer, number, next, HashAlgorithmName.SHA256, thisUpdate: next.AddDays(-1)));
    }

    private void WriteCertificate(DateTimeOffset end)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(end.AddDays(-500), end);
        files.Write("tls.pem", certificate.ExportCertificatePem());
        files.Write("tls.key", key.ExportPkcs8PrivateKeyPem(), secret: true);
    }

    private ConfigurationHolder Holder(string further) => new(files.Good(ConfigurationFiles.Minimum + "\n" + further), time, NullLogger<ConfigurationHolder>.Instance);
}
