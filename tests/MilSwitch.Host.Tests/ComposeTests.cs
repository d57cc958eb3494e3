using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Running;
using MilSwitch.Testing;
using YamlDotNet.RepresentationModel;

namespace MilSwitch.Host.Tests;

/// <summary><c>deploy/compose.yaml</c> and what it mounts: complete, closed, and of one mind with the program.</summary>
public sealed partial class ComposeTests : IDisposable
{
    private static readonly string Deploy = Path.Combine(ConfigurationFiles.Repository, "deploy");
    private static readonly string[] Nodes = ["n1", "n2", "n3"];

    private readonly YamlMappingNode compose = YamlLookup.Documents(File.ReadAllText(Path.Combine(Deploy, "compose.yaml"))).Single();
    private readonly string folder = Directory.CreateTempSubdirectory("ms").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_file_that_it_names_is_there()
    {
        foreach (var (name, service) in Services)
        {
            foreach (var source in Mounts(service).Select(m => m.Source).Where(s => s.StartsWith('.'))) Assert.True(File.Exists(Path.Combine(Deploy, source)), $"{name}: {source}");
            if (service.Find("build") is null) continue;
            var context = Path.GetFullPath(Path.Combine(Deploy, service.Text("build", "context")));
            Assert.Equal(Path.GetFullPath(ConfigurationFiles.Repository), context);
            var lines = File.ReadAllText(Path.Combine(context, service.Text("build", "dockerfile"))).Replace("\\\n", "", StringComparison.Ordinal).Split('\n');
            foreach (var copy in lines.Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal)))
                Assert.All(copy.Split(' ')[1..^1], source => Assert.True(Path.Exists(Path.Combine(context, source)), source));
        }
    }

    [Fact]
    public void Volumes_and_networks_are_those_that_it_declares()
    {
        var volumes = Services.SelectMany(s => Mounts(s.Service)).Select(m => m.Source).Where(s => !s.StartsWith('.')).Distinct(StringComparer.Ordinal);
        Assert.Equal(compose.Keys("volumes").Order(StringComparer.Ordinal), volumes.Order(StringComparer.Ordinal));
        var networks = Services.SelectMany(s => Networks(s.Service)).Distinct(StringComparer.Ordinal);
        Assert.Equal(compose.Keys("networks").Order(StringComparer.Ordinal), networks.Order(StringComparer.Ordinal));
        foreach (var (_, service) in Services)
        {
            if (service.Find("depends_on") is not null) Assert.All(service.Keys("depends_on"), d => Assert.Contains(d, Services.Select(s => s.Name)));
        }

        // The nodes and their store are among themselves, and the authority's key is where no node is.
        Assert.Equal("true", compose.Text("networks", "nodes", "internal"));
        Assert.Equal([.. Nodes, "postgres"], Services.Where(s => Networks(s.Service).Contains("nodes")).Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["prepare"], Services.Where(s => Mounts(s.Service).Any(m => m.Source == "authority")).Select(s => s.Name));
    }

    [Fact]
    public void Nothing_has_rights_or_a_root_that_it_can_write()
    {
        foreach (var (name, service) in Services)
        {
            Assert.Equal("true", service.Text("read_only"));
            Assert.Equal(["ALL"], service.Texts("cap_drop"));
            Assert.Equal(["no-new-privileges:true"], service.Texts("security_opt"));
            Assert.Equal(name is "prepare" ? "CHOWN" : "", string.Join(' ', service.Texts("cap_add")));
            Assert.Null(service.TextOrNull("privileged") ?? service.TextOrNull("pid") ?? service.TextOrNull("ipc"));
            // Only to this machine.
            Assert.All(service.Texts("ports"), p => Assert.StartsWith("127.0.0.1:", p, StringComparison.Ordinal));
            // What stays says how it is.
            Assert.Equal(service.Find("restart") is not null, service.Find("healthcheck") is not null);
            var image = service.Text("image");
            Assert.Matches(@"^(?:\$\{\w+:-)?[\w./-]+:v?[0-9]+\.[0-9]+[\w.]*\}?$", image);
            if (image.StartsWith("milswitch", StringComparison.Ordinal)) Assert.EndsWith(":" + ProgramVersion.Text, image, StringComparison.Ordinal);
            // Secrets are files.
            if (service.Find("environment") is not null) Assert.DoesNotContain(service.Keys("environment"), k => k.EndsWith("PASSWORD", StringComparison.Ordinal));
        }
    }

    [RequiresFact("openssl")]
    [Trait("Threat", "F31")]
    public async Task Each_node_has_a_configuration_that_the_program_accepts_with_the_files_that_are_prepared()
    {
        var prepared = await PrepareAsync();
        var text = await File.ReadAllTextAsync(Path.Combine(Deploy, "compose/milswitch.yaml"));
        foreach (var name in Nodes)
        {
            var service = Service(name);
            var environment = service.Map("environment").Children.ToDictionary(p => p.Key.Text(), p => p.Value.Text(), StringComparer.Ordinal);
            var place = Mounts(service).Single(m => m.Source == $"{name}-secrets").Target;
            var own = text.Replace(place + "/", Path.Combine(prepared, name) + "/", StringComparison.Ordinal);
            Assert.DoesNotContain(place + "/", own, StringComparison.Ordinal);
            var configuration = SampleConfiguration.Judge(own, folder, environment.GetValueOrDefault);

            Assert.Equal(name, configuration.Switch.Node);
            Assert.Equal(NodeAddress.UsualConfiguration, Mounts(service).Single(m => m.Source.StartsWith('.')).Target);
            Assert.Equal(NodeAddress.UsualSocket, configuration.Admin.Socket);
            var writable = service.Texts("tmpfs").Select(t => t.Split(':')[0]).ToArray();
            Assert.Contains(configuration.DataFolder, writable);
            Assert.Contains(Path.GetDirectoryName(configuration.Admin.Socket)!, writable);
            Assert.EndsWith($":{configuration.Listeners.Single().Endpoint.Port}", Assert.Single(service.Texts("ports")), StringComparison.Ordinal);
            Assert.Contains($"/127.0.0.1/{configuration.Metrics!.Port} ", service.Texts("healthcheck", "test")[^1], StringComparison.Ordinal);
            // The node's own drain takes up to 25 s (NodeHost).
            Assert.True(int.Parse(service.Text("stop_grace_period").TrimEnd('s')) >= 30);
            // Who may relay is who is in the network of the neighbours, and the routes lead to them.
            Assert.Equal(compose.Items("networks", "mail", "ipam", "config").Single().Text("subnet"), Assert.Single(configuration.Listeners.Single().Clients).Network.ToString());
            // The others reach it by a name of the inner network alone.
            var host = environment["NODE_ENDPOINT"].Split(':')[0];
            Assert.Contains(host, service.Texts("networks", "nodes", "aliases"));
            AssertNodeCertificate(Path.Combine(prepared, name), host);
        }

        var ports = Nodes.SelectMany(n => Service(n).Texts("ports")).ToArray();
        Assert.Equal(ports.Length, ports.Distinct(StringComparer.Ordinal).Count());
        foreach (var neighbour in (string[])["red", "blue"])
            Assert.Contains($"next-hop: \"{neighbour}:{Service(neighbour).Texts("command")[1].Split(':')[1]}\"", text, StringComparison.Ordinal);
    }

    [RequiresFact("openssl")]
    public async Task Preparing_again_makes_new_certificates_and_keeps_the_password()
    {
        var prepared = await PrepareAsync();
        var password = await File.ReadAllTextAsync(Path.Combine(prepared, "postgres/password"));
        using var before = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(prepared, "n1/node.pem"));
        var authority = await File.ReadAllTextAsync(Path.Combine(prepared, "n1/authority.pem"));
        Assert.Matches("^[0-9a-f]{48}\n$", password);
        Assert.Contains($"Password={password.TrimEnd()};SSL Mode=VerifyFull", await File.ReadAllTextAsync(Path.Combine(prepared, "n1/connection")), StringComparison.Ordinal);
        // Nobody but the one who reads it; the authority's key goes to no node.
        foreach (var file in Directory.GetFiles(prepared, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith(Path.Combine(prepared, "authority"), StringComparison.Ordinal)))
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(file));
        Assert.Empty(Directory.GetFiles(Path.Combine(prepared, "n1")).Select(f => Path.GetFileName(f)!).Except(["authority.pem", "connection", "node.key", "node.pem"]));

        await PrepareAsync();
        using var after = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(prepared, "n1/node.pem"));
        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Equal((password, authority), (await File.ReadAllTextAsync(Path.Combine(prepared, "postgres/password")), await File.ReadAllTextAsync(Path.Combine(prepared, "n1/authority.pem"))));
    }

    [RequiresFact("openssl")]
    public async Task Certificates_for_nodes_are_made_for_names_and_addresses()
    {
        var made = await RunAsync(Path.Combine(Deploy, "node-certificates"), [folder, "n1.example.org", "192.0.2.7", "*.milswitch-nodes.milswitch.svc"]);
        Assert.True(made.ExitCode is 0, made.Error);
        AssertNodeCertificate(Path.Combine(folder, "n1.example.org"), "n1.example.org");
        AssertNodeCertificate(Path.Combine(folder, "192.0.2.7"), "192.0.2.7");
        AssertNodeCertificate(Path.Combine(folder, "_.milswitch-nodes.milswitch.svc"), "milswitch-2.milswitch-nodes.milswitch.svc");
        Assert.Equal(2, (await RunAsync(Path.Combine(Deploy, "node-certificates"), [folder])).ExitCode);
    }

    [Fact]
    public void Prometheus_asks_the_nodes_and_Grafana_asks_Prometheus()
    {
        var prometheus = YamlLookup.Documents(File.ReadAllText(Path.Combine(Deploy, "prometheus/prometheus.yaml"))).Single();
        var job = prometheus.Items("scrape_configs").Single();
        Assert.Equal("milswitch", job.Text("job_name"));
        Assert.Equal(Nodes.Select(n => n + ":9464"), job.Items("static_configs").Single().Texts("targets"));
        // Rules are beside the configuration, here and in the container.
        var mounts = Mounts(Service("prometheus")).ToDictionary(m => m.Source, m => m.Target, StringComparer.Ordinal);
        foreach (var rules in prometheus.Texts("rule_files"))
            Assert.Equal(Path.GetDirectoryName(mounts["./prometheus/prometheus.yaml"]) + "/" + rules, mounts["./prometheus/" + rules]);

        var source = YamlLookup.Documents(File.ReadAllText(Path.Combine(Deploy, "grafana/datasource.yaml"))).Single().Items("datasources").Single();
        Assert.Equal("http://prometheus:9090", source.Text("url"));
        var provider = YamlLookup.Documents(File.ReadAllText(Path.Combine(Deploy, "grafana/dashboards.yaml"))).Single().Items("providers").Single();
        var dashboards = Mounts(Service("grafana")).Where(m => m.Source.EndsWith(".json", StringComparison.Ordinal)).ToArray();
        Assert.Equal(Directory.GetFiles(Path.Combine(Deploy, "grafana"), "*.json").Select(f => "./grafana/" + Path.GetFileName(f)).Order(StringComparer.Ordinal), dashboards.Select(d => d.Source).Order(StringComparer.Ordinal));
        Assert.Contains(Service("grafana").Text("environment", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"), dashboards.Select(d => d.Target));
        foreach (var (file, target) in dashboards)
        {
            Assert.Equal(provider.Text("options", "path"), Path.GetDirectoryName(target));
            using var board = JsonDocument.Parse(File.ReadAllText(Path.Combine(Deploy, file)));
            Assert.All(board.RootElement.GetProperty("panels").EnumerateArray(), p => Assert.Equal(source.Text("uid"), p.GetProperty("datasource").GetProperty("uid").GetString()));
        }
    }

    [Fact]
    public void Alerts_and_dashboard_ask_for_metrics_that_there_are()
    {
        var reference = File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "docs/reference/metrics.md"));
        var manual = File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "docs/operations/monitoring.md"));
        var rules = YamlLookup.Documents(File.ReadAllText(Path.Combine(Deploy, "prometheus/milswitch.rules.yaml"))).Single().Items("groups").SelectMany(g => g.Items("rules")).ToArray();
        using var board = JsonDocument.Parse(File.ReadAllText(Path.Combine(Deploy, "grafana/milswitch.json")));
        var panels = board.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!).ToArray();
        Assert.True(rules.Length > 15 && panels.Length > 15);
        var known = Known().Matches(reference).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        foreach (var expression in rules.Select(r => r.Text("expr")).Concat(panels))
        {
            foreach (Match metric in Metric().Matches(expression))
            {
                var name = metric.Value;
                Assert.True(known.Contains(name) || known.Contains(Series().Replace(name, "")), $"{name} of {expression} is not in the reference");
            }
        }

        // The manual says of every alert what to do.
        foreach (var rule in rules) Assert.Contains($"`{rule.Text("alert")}`", manual, StringComparison.Ordinal);
    }

    [RequiresFact("promtool")]
    public async Task Prometheus_takes_its_configuration_and_rules()
    {
        var check = await RunAsync(Requirement.Find("promtool")!, ["check", "config", Path.Combine(Deploy, "prometheus/prometheus.yaml")]);
        Assert.True(check.ExitCode is 0, check.Output + check.Error);
        Assert.Contains("rules found", check.Output, StringComparison.Ordinal);
    }

    private IEnumerable<(string Name, YamlMappingNode Service)> Services => compose.Map("services").Children.Select(p => (p.Key.Text(), (YamlMappingNode)p.Value));

    private YamlMappingNode Service(string name) => compose.Map("services", name);

    private static IEnumerable<(string Source, string Target)> Mounts(YamlMappingNode service) => service.Texts("volumes").Select(v => v.Split(':')).Select(v => (v[0], v[1]));

    private static string[] Networks(YamlMappingNode service) => service.Find("networks") switch
    {
        YamlSequenceNode list => [.. list.Children.Select(c => c.Text())],
        YamlMappingNode map => [.. map.Children.Keys.Select(k => k.Text())],
        _ => [],
    };

    // As a peer judges it: a path to the authority beside it, for both ends of a connection, with the name that is dialled.
    private static void AssertNodeCertificate(string place, string host)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(place, "node.pem"), Path.Combine(place, "node.key"));
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(place, "authority.pem"));
        Assert.True(certificate.MatchesHostname(host, allowWildcards: true, allowCommonName: false), host);
        foreach (var purpose in (string[])["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"])
        {
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true } };
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
            Assert.True(chain.Build(certificate), string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation)));
        }
    }

    // The script of the service "prepare" at work, with folders in place of its volumes.
    private async Task<string> PrepareAsync()
    {
        var service = Service("prepare");
        var root = Path.Combine(folder, "prepared");
        foreach (var (_, target) in Mounts(service)) Directory.CreateDirectory(target.Replace("/prepared", root, StringComparison.Ordinal));
        Assert.Equal(["prepare"], service.Texts("command"));
        var run = await RunAsync(Path.Combine(Deploy, "compose/prepare"), [root]);
        Assert.True(run.ExitCode is 0, run.Error);
        return root;
    }

    private static async Task<CommandRun> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = Deploy + ":" + Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return new CommandRun(process.ExitCode, await output, await error);
    }

    [GeneratedRegex(@"`(milswitch_[a-z_]+)`")]
    private static partial Regex Known();

    [GeneratedRegex(@"\bmilswitch_[a-z_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex Series();
}
