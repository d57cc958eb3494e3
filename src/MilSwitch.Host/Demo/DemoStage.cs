using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Host.Demo;

/// <summary>Everything that the stories need, running: the switch, its neighbour, the page. Deleted with everything on disposal.</summary>
internal sealed class DemoStage : IAsyncDisposable
{
    /// <summary>Connections of the link to the neighbour.</summary>
    public const int Connections = 4;

    private readonly string folder;
    private readonly bool temporary;

    private DemoStage(string folder, bool temporary)
    {
        this.folder = folder;
        this.temporary = temporary;
        var ports = FreePorts(DemoCommand.UsualPort, 8443, 9464, 0);
        Endpoint = new IPEndPoint(IPAddress.Loopback, ports[0]);
        Configuration = Path.Combine(folder, "milswitch.yaml");
        Log = Path.Combine(folder, "milswitch.log");
        File.WriteAllText(Configuration, string.Create(CultureInfo.InvariantCulture, $$"""
            node:
              name: demo
              data: {{Path.Combine(folder, "data")}}
            store:
              provider: sqlite
            listeners:
              - name: mta
                endpoint: 127.0.0.1:{{ports[0]}}
                role: relay
                clients: [127.0.0.0/8]
                tls: { mode: none }
            routes:
              - match: unreachable.test
                next-hop: 127.0.0.1:{{ports[3]}}
                tls: { mode: none }
              - match: "*"
                next-hop: 127.0.0.1:{{Neighbour.Port}}
                tls: { mode: none }
                connections: {{Connections}}
            precedence:
              deferred: { retry: [1s], warning: 3s, expiry: 8s }   # short, so that one can watch a message expire
            admin: { endpoint: "127.0.0.1:{{ports[1]}}", tls: { mode: none } }
            metrics: { endpoint: "127.0.0.1:{{ports[2]}}" }

            """));
        Switch = new DemoSwitch(Configuration, Log);
        MetricsPort = ports[2];
    }

    public IPEndPoint Endpoint { get; }

    public string Configuration { get; }

    public string Log { get; }

    public int MetricsPort { get; }

    public DemoNeighbour Neighbour { get; } = new();

    public DemoSwitch Switch { get; }

    public DemoViewer? Viewer { get; private set; }

    public static async Task<DemoStage> BuildAsync(string? data, CancellationToken cancellationToken)
    {
        // Not /tmp: where that is memory, a commit costs nothing and the stories would prove nothing.
        var folder = Path.GetFullPath(data ?? Path.Combine("/var/tmp", $"milswitch-demo-{Environment.ProcessId}"));
        Directory.CreateDirectory(folder);
        var stage = new DemoStage(folder, temporary: data is null);
        try
        {
            stage.Viewer = await DemoViewer.StartAsync(stage.Neighbour, cancellationToken);
            await stage.Switch.StartAsync(cancellationToken);
        }
        catch (Exception fault)
        {
            if (File.Exists(stage.Log)) await Console.Error.WriteLineAsync(await File.ReadAllTextAsync(stage.Log, CancellationToken.None));
            await stage.DisposeAsync();
            if (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested)
                throw new InvalidOperationException("The switch did not become ready in time.", fault);
            throw;
        }

        Console.WriteLine($"switch     SMTP {stage.Endpoint}, process {stage.Switch.Id}, configuration {stage.Configuration}");
        Console.WriteLine($"metrics    http://127.0.0.1:{stage.MetricsPort}/metrics");
        Console.WriteLine($"neighbour  SMTP 127.0.0.1:{stage.Neighbour.Port}");
        Console.WriteLine($"arrived    {stage.Viewer!.Address}");
        return stage;
    }

    /// <summary>Keeps running and tells of each arrival, until Ctrl-C.</summary>
    public async Task StayAsync(CancellationToken cancellationToken)
    {
        Neighbour.Delay = TimeSpan.Zero;
        Neighbour.Arrived += arrival => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{arrival.At:HH:mm:ss.fff}  {arrival.Precedence,-9}  <{arrival.ReversePath}> to {string.Join(", ", arrival.Recipients)}: {arrival.Subject}"));
        Console.WriteLine($"\nThe stage stays up until Ctrl-C. Try: milswitch demo send --server {Endpoint} --to you@sink.test --precedence flash");
        Console.WriteLine($"                                      milswitch status --config {Configuration}");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how it ends.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Switch.DisposeAsync();
        Neighbour.Dispose();
        if (Viewer is not null) await Viewer.DisposeAsync();
        if (temporary) Directory.Delete(folder, recursive: true);
    }

    // The usual port where it is free, any other where not; all held at once, so that they differ.
    private static int[] FreePorts(params int[] wished)
    {
        var held = new List<TcpListener>();
        try
        {
            foreach (var port in wished)
            {
                var listener = new TcpListener(IPAddress.Loopback, port);
                try
                {
                    listener.Start();
                }
                catch (SocketException)
                {
                    listener.Dispose();
                    listener = new TcpListener(IPAddress.Loopback, 0);
                    listener.Start();
                }

                held.Add(listener);
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }
}
