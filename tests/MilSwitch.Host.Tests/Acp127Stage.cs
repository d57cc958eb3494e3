using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Storage;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>A whole node in this process with lines of ACP 127, over a real store and a real socket to a sink.</summary>
internal sealed class Acp127Stage : IAsyncDisposable
{
    public const string Stations = """
        stations:
        - { name: SACLANT, routing: RPDLE, mail: saclant@ship.test }
        - { name: MINDEF, routing: RXFPA, mail: mindef@sink.test }
        - { name: COMNORTH, routing: RXFPN, mail: north@sink.test }
        """;

    private readonly ConfigurationFiles files;
    private WebApplication app = null!;
    private ISealableSpool spool = null!;

    private Acp127Stage(ConfigurationFiles files, SinkServer sink) => (this.files, Sink) = (files, sink);

    public SinkServer Sink { get; }

    /// <summary>Self-signed for localhost, with its key; the stage's files have it as tls.pem and tls.key.</summary>
    public X509Certificate2 Certificate => X509Certificate2.CreateFromPemFile(Path.Combine(files.Folder, "tls.pem"), Path.Combine(files.Folder, "tls.key"));

    public string In => Path.Combine(files.Folder, "in");

    public string Out => Path.Combine(files.Folder, "out");

    public IOperatorActions Operator => app.Services.GetRequiredService<IOperatorActions>();

    public static OperatorIdentity Somebody { get; } = new("tester", "test") { Roles = OperatorRoles.All };

    /// <summary>Where the line with a port listens; the last of the node's that is no HTTP.</summary>
    public IPEndPoint Port
    {
        get
        {
            // In the order of NodeHost: mail, lines, socket.
            var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Where(a => a.Contains("127.0.0.1", StringComparison.Ordinal)).ToArray();
            return new IPEndPoint(IPAddress.Loopback, new Uri(addresses[1]).Port);
        }
    }

    /// <param name="lines">Of the section acp127.lines, indented by two.</param>
    /// <param name="routes">Further ones, before the sink's.</param>
    public static async Task<Acp127Stage> StartAsync(string lines, string routes = "")
    {
        var stage = new Acp127Stage(new ConfigurationFiles(), SinkServer.Start());
        Directory.CreateDirectory(stage.In);
        Directory.CreateDirectory(stage.Out);
        stage.files.Write("stations.yaml", Stations);
        stage.files.WriteCertificate().Dispose();
        stage.files.Write("milswitch.yaml", $$"""
            node: { name: n1, data: ./data, host-name: edge.test }
            listeners:
              - { name: mta, endpoint: "127.0.0.1:0", role: relay, clients: [127.0.0.0/8] }
            precedence: { flash: { retry: [1s] }, immediate: { retry: [1s] }, priority: { retry: [1s] }, routine: { retry: [1s] } }
            routes:
            {{routes}}
              - { match: "*", next-hop: "{{stage.Sink.NextHop}}" }
            admin: { socket: ./s }
            acp127:
              directory: stations.yaml
              lines:
            {{lines}}
            """);
        await stage.BootAsync();
        return stage;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await BootAsync();
    }

    public IReadOnlyList<Alarm> Alarms => app.Services.GetRequiredService<ConfigurationHolder>().Alarms;

    /// <summary>Puts a file into the folder of the line, whole.</summary>
    public void Put(string name, string message)
    {
        var path = Path.Combine(files.Folder, name);
        File.WriteAllText(path, message, Encoding.Latin1);
        File.Move(path, Path.Combine(In, name));
    }

    public async Task<MessageId> SendAsync(string mail, params string[] to)
    {
        var intake = app.Services.GetRequiredService<IIntake>();
        var client = new ClientIdentity { Listener = "mta", Role = ListenerRole.Relay, Address = "127.0.0.1", Helo = "client.test", MayRelay = true };
        await using var incoming = intake.Begin(client, new Envelope
        {
            ReversePath = new ReversePath(Mailbox.Parse("author@sink.test")), Recipients = [.. to.Select(t => new Recipient(Mailbox.Parse(t)))],
            ArrivedAt = TimeProvider.System.GetUtcNow(), Origin = new Origin { Listener = "mta", ClientAddress = "127.0.0.1", Helo = "client.test" },
        });
        await incoming.WriteAsync(Encoding.Latin1.GetBytes(mail.ReplaceLineEndings("\r\n")), default);
        var result = await incoming.CompleteAsync(default);
        Assert.Null(result.Refusal);
        return result.Id;
    }

    /// <summary>Sends over TCP and says whether the other side closed in order.</summary>
    public async Task<bool> TransmitAsync(string messages)
    {
        using var client = new TcpClient();
        try
        {
            // Whoever is refused may hear so before the connection is there.
            await client.ConnectAsync(Port);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(messages));
            client.Client.Shutdown(SocketShutdown.Send);
            return await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(20)) is 0;
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Sink.DisposeAsync();
        files.Dispose();
    }

    private async Task BootAsync()
    {
        var result = ConfigurationReader.Read(Path.Combine(files.Folder, "milswitch.yaml"));
        Assert.Empty(result.Problems);
        spool = await Stores.OpenAsync(result.Configuration!, TimeProvider.System, NullLoggerFactory.Instance, default);
        app = NodeHost.Build(result.Configuration!, spool, TimeProvider.System);
        File.Delete(Path.Combine(files.Folder, "s"));
        await app.StartAsync();
    }

    private async Task StopAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await spool.DisposeAsync();
    }
}
