using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Auditing;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Switching;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A whole node with a store in a folder and a key that signs its audit trail; it stops and starts again.</summary>
internal sealed class AuditStage : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly NodeConfiguration configuration;
    private WebApplication? app;
    private SqliteSpool? spool;

    public AuditStage(string audit = "", bool signs = true)
    {
        using var pki = new TestPki("Audit CA");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Audit of n1", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress("audit@n1.test");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            pki.Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(pki.Authority.GetECDsaPrivateKey()!), TimeProvider.System.GetUtcNow().AddMinutes(-50), TimeProvider.System.GetUtcNow().AddDays(1),
            RandomNumberGenerator.GetBytes(12));
        Files.Write("anchor.pem", pki.Authority.ExportCertificatePem());
        Files.Write("signer.pem", certificate.ExportCertificatePem());
        Files.Write("signer.key", key.ExportPkcs8PrivateKeyPem(), secret: true);
        Directory.CreateDirectory(Shipped);
        configuration = Files.Good($$"""
            node: { name: n1, data: ./data, host-name: switch.example }
            listeners: [{ name: mta, endpoint: "127.0.0.1:0", role: relay }]
            routes: [{ match: "*", next-hop: "127.0.0.1:9", tls: { mode: none } }]
            admin: { socket: s }
            keys: [{ name: audit, role: audit, file: signer.key, certificate: signer.pem }]
            audit: { {{(signs ? "key: audit, " : "")}}ship: ./shipped{{audit}} }
            """);
    }

    public ConfigurationFiles Files { get; } = new();

    public string Data => configuration.DataFolder;

    public string Anchor => Path.Combine(Files.Folder, "anchor.pem");

    public string Shipped => Path.Combine(Files.Folder, "shipped");

    public AuditKeeper Keeper => app!.Services.GetRequiredService<AuditKeeper>();

    public SqliteSpool Spool => spool!;

    public T Service<T>()
        where T : notnull => app!.Services.GetRequiredService<T>();

    /// <summary>Records of another time, before the node starts.</summary>
    public async Task FillAsync(int count, TimeSpan ago)
    {
        await using var store = await OpenAsync();
        var owner = await store.ClaimAsync(1, "test");
        var first = TimeProvider.System.GetUtcNow() - ago;
        await store.CommitAsync(
            new SpoolOperation(owner)
            {
                Audit = [.. Enumerable.Range(0, count).Select(i => new AuditEvent(first.AddSeconds(i), i % 2 is 0 ? AuditKind.Viewed : AuditKind.Tried, default, -1, $"event {i}", "ops"))],
            },
            Precedence.Routine);
    }

    public async Task StartAsync()
    {
        spool = await OpenAsync();
        app = NodeHost.Build(configuration, spool, TimeProvider.System);
        await app.StartAsync();
        await app.Services.GetRequiredService<ISwitchControl>().WhenReady.WaitAsync(Patience);
        // It has recorded its own start, and made a checkpoint of that.
        await Eventually.ComesTrueAsync(async () => (await spool.ReadAuditAsync(default)).Any(e => e.Kind is AuditKind.NodeStarted && e.Detail.Contains($"run {spool.Run}", StringComparison.Ordinal)), Patience, "a start is recorded");
        await Keeper.TickAsync(default);
    }

    public async Task StopAsync()
    {
        if (app is null) return;
        await app.StopAsync();
        await app.DisposeAsync();
        await spool!.DisposeAsync();
        (app, spool) = (null, null);
    }

    public Task<CommandRun> RunAsync(params string[] arguments) =>
        CommandRun.OfAsync(arguments, variable: name => name == "MILSWITCH_NODE" ? "unix:" + Path.Combine(Files.Folder, "s") : null);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Files.Dispose();
    }

    private async Task<SqliteSpool> OpenAsync() => await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = Data }, TimeProvider.System, NullLoggerFactory.Instance);
}
