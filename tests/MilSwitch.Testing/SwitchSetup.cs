using System.Globalization;
using System.Text;

namespace MilSwitch.Testing;

/// <summary>The configuration of one switch under test; written as milswitch.yaml.</summary>
public sealed record SwitchSetup
{
    public string Node { get; init; } = "n1";

    public required string DataFolder { get; init; }

    /// <summary>The program; null: <see cref="SwitchProcess.Binary"/>.</summary>
    public string? Program { get; init; }

    /// <summary>Its roles in a cluster; empty: all. Without <c>edge</c> there is no listener.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The address it listens on.</summary>
    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = Ports.Free();

    public int AdminPort { get; init; } = Ports.Free();

    public int MetricsPort { get; init; } = Ports.Free();

    public required IReadOnlyList<RouteSetup> Routes { get; init; }

    /// <summary>Lines below the listener's entry, indented by nothing.</summary>
    public IReadOnlyList<string> Listener { get; init; } = [];

    /// <summary>Name of the key that the store is sealed for; null: what the switch does by itself.</summary>
    public string? Seal { get; init; }

    /// <summary>The connection of a PostgreSQL store; null: the store is in the data folder.</summary>
    public string? Database { get; init; }

    /// <summary>Further items of <c>listeners</c>, each on one line.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>Further keys of <c>admin</c>, each on one line.</summary>
    public IReadOnlyList<string> Admin { get; init; } = [];

    /// <summary>Further top-level text.</summary>
    public string Extra { get; init; } = "";

    /// <summary>The whole file, instead of what the rest would make; null: that.</summary>
    public string? Whole { get; init; }

    /// <summary>A program with its arguments that runs the switch in its own place, such as <c>prlimit --nofile=256</c>.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>Added to the environment of the switch.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string ToYaml()
    {
        if (Whole is not null) return Whole;
        var yaml = new StringBuilder();
        yaml.Append(CultureInfo.InvariantCulture, $"node:\n  name: {Node}\n  data: {DataFolder}\n");
        if (Roles.Count > 0) yaml.Append(CultureInfo.InvariantCulture, $"  roles: [{string.Join(", ", Roles)}]\n");
        yaml.Append("store:\n");
        yaml.Append(Database is null ? "  provider: sqlite\n" : $"  provider: postgres\n  connection: \"{Database}\"\n");
        if (Seal is not null) yaml.Append(CultureInfo.InvariantCulture, $"  seal: {Seal}\n");
        if (Roles.Count is 0 || Roles.Contains("edge")) AppendListeners(yaml);
        yaml.Append("routes:\n");
        foreach (var route in Routes)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - match: \"{route.Match}\"\n    next-hop: {route.NextHop}\n");
            if (route.Domain is not null) yaml.Append(CultureInfo.InvariantCulture, $"    name: {route.Domain}\n    domain: {route.Domain}\n");
            yaml.Append(CultureInfo.InvariantCulture, $"    tls: {route.Tls}\n    connections: {route.Connections}\n    protocol: {route.Protocol}\n");
            if (route.Labels is not null) yaml.Append(CultureInfo.InvariantCulture, $"    labels: {route.Labels}\n");
            if (route.Acknowledgments is not null) yaml.Append(CultureInfo.InvariantCulture, $"    acknowledgments: {route.Acknowledgments}\n");
            if (route.Protection is not null) yaml.Append(CultureInfo.InvariantCulture, $"    protection: {route.Protection}\n");
        }

        if (Roles.Count is 0 || Roles.Contains("ops")) yaml.Append(CultureInfo.InvariantCulture, $"admin: {{ endpoint: \"127.0.0.1:{AdminPort}\", tls: {{ mode: none }}{string.Concat(Admin.Select(a => ", " + a))} }}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"metrics: {{ endpoint: \"127.0.0.1:{MetricsPort}\" }}\n");
        return yaml.Append(Extra).ToString();
    }

    private void AppendListeners(StringBuilder yaml)
    {
        yaml.Append("listeners:\n");
        yaml.Append(CultureInfo.InvariantCulture, $"  - name: mta\n    endpoint: {Host}:{Port}\n    role: relay\n    clients: [127.0.0.0/8{(Host == "127.0.0.1" ? "" : $", {Host[..Host.LastIndexOf('.')]}.0/24")}]\n");
        if (!Listener.Any(l => l.StartsWith("tls:", StringComparison.Ordinal))) yaml.Append("    tls: { mode: none }\n");
        foreach (var line in Listener) yaml.Append(CultureInfo.InvariantCulture, $"    {line}\n");
        foreach (var item in Listeners) yaml.Append(CultureInfo.InvariantCulture, $"  - {item}\n");
    }
}

/// <summary>One row of the routing table.</summary>
public sealed record RouteSetup(string Match, string NextHop, int Connections = 20)
{
    /// <summary>As in the file.</summary>
    public string Tls { get; init; } = "{ mode: none }";

    public string Protocol { get; init; } = "smtp";

    /// <summary>The security domain it leads into, whose name its link has too; null: there are none.</summary>
    public string? Domain { get; init; }

    /// <summary>As in the file, on one line; null: nothing is protected.</summary>
    public string? Protection { get; init; }

    /// <summary>As in the file, on one line; null: nothing that stays in its domain is followed.</summary>
    public string? Acknowledgments { get; init; }

    /// <summary>As in the file, on one line; null: labels are not looked at.</summary>
    public string? Labels { get; init; }
}
