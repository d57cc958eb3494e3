using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Api;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Demo;

/// <summary>Everything that the stories need, running: the switch, its neighbour, the page. Ended and deleted on disposal.</summary>
internal sealed class DemoStage : IAsyncDisposable
{
    /// <summary>Connections of the link to the neighbour.</summary>
    public const int Connections = 4;

    /// <summary>Name of the link to the neighbour.</summary>
    public const string Link = "neighbour";

    private readonly string folder;
    private readonly bool temporary;
    private readonly CommandEnvironment environment;

    // Bound and never listening: whoever connects is refused, and nobody else can take the port meanwhile.
    private readonly Socket nobody = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    /// <summary>Who looks at the console, with a password of this demonstration alone.</summary>
    private const string Watch = "watch";

    private readonly string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly int adminPort = DemoPorts.From(DemoPorts.Admin);
    private readonly int metricsPort = DemoPorts.From(DemoPorts.Metrics);
    private DemoViewer? viewer;
    private DemoScanner? scanner;

    private DemoStage(string folder, bool temporary, CommandEnvironment environment)
    {
        this.folder = folder;
        this.temporary = temporary;
        this.environment = environment;
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Endpoint = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Smtp));
        Border = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Border));
        Labelled = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Labels));
        Between = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Between));
        Neighbour = new DemoNeighbour(DemoPorts.From(DemoPorts.Neighbour));
        Configuration = Path.Combine(folder, "milswitch.yaml");
        Switch = new DemoSwitch(Configuration, Log);
    }

    /// <summary>Where the switch takes mail.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Where the switch takes mail and judges its signatures.</summary>
    public IPEndPoint Border { get; }

    /// <summary>Where the switch takes mail and judges its labels.</summary>
    public IPEndPoint Labelled { get; }

    /// <summary>Where the switch takes mail of the network between its domain and the one abroad.</summary>
    public IPEndPoint Between { get; }

    /// <summary>The switch of the domain abroad.</summary>
    public DemoBorder Abroad { get; private set; } = null!;

    /// <summary>Those who ask for receipts and give them.</summary>
    public DemoCorrespondents Correspondents { get; private set; } = null!;

    /// <summary>What stories about formal messages need of the configuration.</summary>
    public DemoFormalStories Formal { get; private set; } = null!;

    /// <summary>Further arguments with which a command comes from another person than without them.</summary>
    public string[] AsAnother => ["--node", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{adminPort}"), "--token-file", Token];

    public string Configuration { get; }

    /// <summary>Certificates, keys and the token.</summary>
    public DemoSecurity Security { get; private set; } = null!;

    /// <summary>By which labels are judged.</summary>
    public DemoPolicies Policies { get; private set; } = null!;

    public DemoNeighbour Neighbour { get; }

    public DemoSwitch Switch { get; }

    /// <summary>From which the switch takes messages of ACP 127.</summary>
    public string Tape => Path.Combine(folder, "tape");

    private string Data => Path.Combine(folder, "data");

    private string Log => Path.Combine(folder, "milswitch.log");

    private string Socket => Path.Combine(Data, "admin.sock");

    private string Token => Path.Combine(folder, "operator.token");

    /// <param name="data">Null: a fresh folder that is deleted at the end.</param>
    /// <exception cref="CommandFault">Something that it needs is missing; the text says what.</exception>
    public static async Task<DemoStage> BuildAsync(string? data, CommandEnvironment environment, CancellationToken cancellationToken)
    {
        // Not /tmp: where that is memory, a commit costs nothing and the stories would prove nothing.
        var folder = Path.GetFullPath(data ?? Path.Combine("/var/tmp", $"milswitch-demo-{Environment.ProcessId}"));
        DemoStage? stage = null;
        try
        {
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new CommandFault(ExitCodes.Conflict, $"{folder} is not empty; name a new folder for the demonstration");
            Directory.CreateDirectory(folder);
            stage = new DemoStage(folder, temporary: data is null, environment);
            await stage.StartAsync(cancellationToken);
            return stage;
        }
        catch (Exception fault)
        {
            if (stage is not null) await stage.DisposeAsync();
            if (fault is IOException or UnauthorizedAccessException or SocketException) throw new CommandFault(ExitCodes.Conflict, "the demonstration can't start: " + fault.Message);
            throw;
        }
    }

    /// <summary>How many messages the switch has not finished with; it counts once a second.</summary>
    public async Task<int> QueuedAsync(CancellationToken cancellationToken)
    {
        using var node = new NodeClient("unix:" + Socket, null, null);
        var status = JsonSerializer.Deserialize(await node.GetAsync("/status", cancellationToken), ApiJson.Default.StatusView)!;
        return status.Precedences.Sum(p => p.Queued);
    }

    /// <summary>Keeps running and tells of each arrival, until the token says that it is enough or the switch has ended by itself.</summary>
    /// <returns>True when it was enough.</returns>
    public async Task<bool> StayAsync(CancellationToken cancellationToken)
    {
        var output = TextWriter.Synchronized(environment.Output);
        Neighbour.Delay = TimeSpan.Zero;
        Neighbour.Arrived += arrival => output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{arrival.At:HH:mm:ss.fff}  {arrival.Precedence,-9}  <{Text.Printable(arrival.ReversePath)}> to {Text.Printable(string.Join(", ", arrival.Recipients))}: {Text.Printable(arrival.Subject)}"));
        Describe();
        output.WriteLine($"""

            What arrives at the neighbour is shown here and on the page, until Ctrl-C. In another terminal, for example:
              {Environment.ProcessPath} demo send --server {Endpoint} --to you@sink.test --precedence flash
              {Environment.ProcessPath} status --config {Configuration}
              curl -H "Authorization: Bearer $(cat {Token})" http://127.0.0.1:{adminPort}/api/v1/status
              curl http://127.0.0.1:{metricsPort}/metrics

            """);
        try
        {
            await Switch.WaitForEndAsync(cancellationToken);
            environment.Error.WriteLine($"milswitch: the switch has ended by itself; its log is {Log}");
            return false;
        }
        catch (OperationCanceledException)
        {
            environment.Error.WriteLine("ending");
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Switch.DisposeAsync();
        if (Abroad is not null) await Abroad.DisposeAsync();
        if (scanner is not null) await scanner.DisposeAsync();
        Neighbour.Dispose();
        nobody.Dispose();
        if (viewer is not null) await viewer.DisposeAsync();
        Security?.Dispose();
        if (temporary) Directory.Delete(folder, recursive: true);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var own = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) own.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var token = new StreamWriter(Token, own)) await token.WriteLineAsync(RandomNumberGenerator.GetHexString(40));
        Security = await DemoSecurity.MakeAsync(Path.Combine(folder, "security"), cancellationToken);
        Policies = new DemoPolicies(Path.Combine(folder, "policies"));
        scanner = await DemoScanner.StartAsync(Path.Combine(folder, "scanner"), cancellationToken);
        Abroad = new DemoBorder(Path.Combine(folder, "abroad"), Security);
        Correspondents = new DemoCorrespondents(Path.Combine(folder, "correspondents"), Security);
        Formal = new DemoFormalStories(this, Path.Combine(folder, "formal"));
        var tagKey = Path.Combine(folder, "tag.key");
        await using (var key = new StreamWriter(tagKey, own)) await key.WriteLineAsync(RandomNumberGenerator.GetHexString(64));
        Switch.Variables = [Security.Environment];
        var unreachable = ((IPEndPoint)nobody.LocalEndPoint!).Port;
        await File.WriteAllTextAsync(Configuration, string.Create(CultureInfo.InvariantCulture, $$"""
            node:
              name: demo
              data: {{Data}}
            listeners:
              - name: mta
                endpoint: {{Endpoint}}
                domain: home
                clients: [127.0.0.0/8]
              - name: border                                       # judges signatures
                endpoint: {{Border}}
                domain: home
                clients: [127.0.0.0/8]
                protection: { verify: true, anchors: {{Security.Anchors}} }
              - name: labelled                                     # and labels
                endpoint: {{Labelled}}
                domain: home
                clients: [127.0.0.0/8]
                protection: { verify: true, anchors: {{Security.Anchors}} }
                labels: { sources: [ess, sio-label] }
              - name: between                                      # mail of the network between two domains
                endpoint: {{Between}}
                domain: between
                clients: [127.0.0.0/8]
              - {{Correspondents.Listener}}
              - {{Formal.Listener}}                                # drafts that somebody has to release
            policies: {{Policies.Section}}
            labels: { policy: ALFA }
            tokens: {{Security.Tokens}}
            {{Abroad.HomeSections(Security.Anchors, DemoSecurity.KeyLabel, scanner!.Socket, Formal.Key)}}
            release: {{DemoFormalStories.Release}}
            lists: {{DemoFormalStories.Lists}}
            profiling: {{Formal.Profiling}}
            acp127: {{DemoAcp127Story.Section(folder)}}
            reports: {{Correspondents.Reports(tagKey, DemoSecurity.KeyLabel)}}
            routes:
              - {{DemoCorrespondents.Route(Neighbour.Port)}}
              - match: abroad.test                                 # beyond the boundary
                name: abroad
                next-hop: {{Abroad.Endpoint}}
                tls: { mode: none }
                domain: between
              - match: signed.test                                 # leaves signed by the token's key
                name: signed
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                protection: { sign: { key: {{DemoSecurity.KeyLabel}}, signature-type: domain, header-protection: rfc9788 } }
              - match: sealed.test                                 # and encrypted for its recipient
                name: sealed
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                protection: { sign: { key: {{DemoSecurity.KeyLabel}}, signature-type: domain, header-protection: rfc9788 }, encrypt: { certificates: {{Security.LiaisonCertificate}}, header-policy: baseline } }
              - match: cleared.test                                # a link that is cleared for labels
                name: cleared
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                labels: { clearance: { up-to: SECRET } }
              - match: limited.test                                # one that is cleared for less
                name: limited
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                labels: { clearance: { up-to: RESTRICTED } }
              - match: coalition.test                              # where another policy is spoken
                name: coalition
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                labels: { policy: COALITION, write: [sio-label] }
                protection: { sign: { key: {{DemoSecurity.KeyLabel}}, signature-type: domain, header-protection: rfc9788 } }
              - match: labelled.test                               # where nothing goes without a label
                name: labelled
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                labels: { unlabelled: hold }
              - match: unreachable.test
                next-hop: 127.0.0.1:{{unreachable}}
                tls: { mode: none }
                domain: home
              - match: "*"
                name: {{Link}}
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                domain: home
                connections: {{Connections}}
            precedence:                                            # short, so that one can watch
              routine: { retry: [2s, 5s, 10s] }
              deferred: { retry: [1s], warning: 2s, expiry: 4s }
              flash: { action-point-after: 2s }                    # beyond the boundary that has one
            admin:
              endpoint: 127.0.0.1:{{adminPort}}
              tls: { mode: none }
              tokens: [{ name: demo, token: { file: {{Token}} } }]
            metrics: { endpoint: "127.0.0.1:{{metricsPort}}" }

            """), cancellationToken);
        viewer = await DemoViewer.StartAsync(Neighbour, DemoPorts.From(DemoPorts.Viewer), cancellationToken);
        await Abroad.StartAsync(Security.Anchors, Between, Neighbour.Port, cancellationToken);
        await Switch.StartAsync(cancellationToken);
        using (var node = new NodeClient("unix:" + Socket, null, null))
        {
            await node.SendAsync(
                HttpMethod.Post, "/accounts", new AccountRequest(Watch, [.. OperatorRoles.All.Words()], password, "demonstration"), ApiJson.Default.AccountRequest, default, cancellationToken);
        }

        Describe();
    }

    private void Describe() => Text.WriteFields(
        environment.Output,
        ("switch", $"SMTP {Endpoint}, where signatures are judged {Border}, where labels are {Labelled}, process {Text.Number(Switch.Id)}"),
        ("configuration", Configuration),
        ("console", $"http://127.0.0.1:{Text.Number(adminPort)}/, sign in as {Watch} with {password}"),
        ("admin API", $"http://127.0.0.1:{Text.Number(adminPort)}/api/v1 or {Socket}"),
        ("metrics, health", $"http://127.0.0.1:{Text.Number(metricsPort)}/metrics, /health/live, /health/ready"),
        ("neighbour", $"SMTP 127.0.0.1:{Text.Number(Neighbour.Port)}"),
        ("what arrived", viewer!.Address));
}
