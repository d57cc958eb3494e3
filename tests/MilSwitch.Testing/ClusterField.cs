using System.Globalization;

namespace MilSwitch.Testing;

/// <summary>
/// Several real nodes over one PostgreSQL, in processes of their own on this machine, with a certificate each. Not thread-safe.
/// </summary>
public sealed class ClusterField : IAsyncDisposable
{
    private const int MostStarts = 4;

    private readonly TestPki pki = new("Cluster CA");
    private readonly string folder;
    private readonly ClusterFieldOptions options;
    private readonly SwitchProcess?[] nodes;

    private ClusterField(string folder, ClusterFieldOptions options)
    {
        this.folder = folder;
        this.options = options;
        nodes = new SwitchProcess?[options.Nodes];
        TestPki.Write(pki.Authority, Path.Combine(folder, "cluster-ca.pem"));
        Setups = [.. Enumerable.Range(0, options.Nodes).Select(Setup)];
    }

    public IReadOnlyList<SwitchSetup> Setups { get; }

    /// <summary>Those that were started.</summary>
    public IReadOnlyList<SwitchProcess> Nodes => [.. nodes.OfType<SwitchProcess>()];

    public SwitchProcess this[int node] => nodes[node] ?? throw new InvalidOperationException("The node was not started.");

    /// <param name="folder">For configurations, keys and logs.</param>
    /// <param name="options">What it is made of.</param>
    /// <param name="start">Start all nodes at once.</param>
    public static async Task<ClusterField> StartAsync(string folder, ClusterFieldOptions options, bool start = true)
    {
        var field = new ClusterField(folder, options);
        try
        {
            if (start) await Task.WhenAll(Enumerable.Range(0, options.Nodes).Select(field.StartAsync)).ConfigureAwait(false);
            return field;
        }
        catch
        {
            await field.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>How often a node had to be started afresh because the others took it for dead while it started.</summary>
    public int FreshStarts { get; private set; }

    /// <summary>
    /// Starts a node (again) and waits until it is ready. On a machine that is busy for many seconds the others may take a node that
    /// starts for dead; it ends, and is started afresh, as whatever supervises it would.
    /// </summary>
    public async Task StartAsync(int node)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StartOnceAsync(node).ConfigureAwait(false);
                return;
            }
            catch (InvalidOperationException fault) when (options.StartsAfresh && attempt < MostStarts && fault.Message.Contains("this member has been downed", StringComparison.Ordinal))
            {
                FreshStarts++;
            }
        }
    }

    private async Task StartOnceAsync(int node)
    {
        if (nodes[node] is { } known)
        {
            await known.StartAsync(options.StartLimit).ConfigureAwait(false);
            return;
        }

        var own = Path.Combine(folder, Setups[node].Node);
        Directory.CreateDirectory(own);
        nodes[node] = await SwitchProcess.StartAsync(own, Setups[node], options.StartLimit).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync().ConfigureAwait(false);
        pki.Dispose();
    }

    private SwitchSetup Setup(int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"n{index + 1}");
        var certificate = Path.Combine(folder, name + ".pem");
        var key = Path.Combine(folder, name + ".key");
        var host = options.Host(index);
        using (var issued = pki.Issue(host)) TestPki.Write(issued, certificate, key);
        var setup = new SwitchSetup
        {
            Node = name,
            Host = host,
            DataFolder = Path.Combine(folder, name, "data"),
            Database = options.Connection,
            Routes = options.Routes,
            Launcher = options.Launcher(index),
        };
        return options.Change(index, setup with
        {
            Extra = string.Create(CultureInfo.InvariantCulture, $$"""
                cluster:
                  endpoint: {{host}}:{{Ports.Free()}}
                  detection: {{options.Detection}}
                  tls: { certificate: {{certificate}}, key: {{key}}, ca: {{Path.Combine(folder, "cluster-ca.pem")}} }
                {{options.Extra}}

                """),
        });
    }
}

/// <summary>What a field of nodes is made of.</summary>
public sealed record ClusterFieldOptions
{
    public int Nodes { get; init; } = 3;

    /// <summary>To the database, as Npgsql wants it.</summary>
    public required string Connection { get; init; }

    public required IReadOnlyList<RouteSetup> Routes { get; init; }

    public string Detection { get; init; } = "normal";

    /// <summary>Further top-level text of every node.</summary>
    public string Extra { get; init; } = string.Concat(
        ["rates: { flash-per-originator-and-minute: 0 }\nprecedence:\n", .. new[] { "override", "flash", "immediate", "priority", "routine", "deferred" }.Select(level => $"  {level}: {{ retry: [1s] }}\n")]);

    /// <summary>Where the others reach a node.</summary>
    public Func<int, string> Host { get; init; } = static _ => "127.0.0.1";

    /// <summary>A program with its arguments that runs a node in its own place.</summary>
    public Func<int, IReadOnlyList<string>> Launcher { get; init; } = static _ => [];

    /// <summary>What is different with one node.</summary>
    public Func<int, SwitchSetup, SwitchSetup> Change { get; init; } = static (_, setup) => setup;

    /// <summary>A node that the others took for dead while it started is started afresh and counted; else that is a failure.</summary>
    public bool StartsAfresh { get; init; }

    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(90);
}
