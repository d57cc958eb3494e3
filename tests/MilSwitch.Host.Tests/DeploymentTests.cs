using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Testing;
using YamlDotNet.RepresentationModel;
using YamlNode = YamlDotNet.RepresentationModel.YamlNode;

namespace MilSwitch.Host.Tests;

/// <summary>The folders for installing the switch, held against the program: Debian layout and unit, Kubernetes base, Containerfile.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class DeploymentTests : IDisposable
{
    private const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private const UnixFileMode Enter = Read | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly string folder = Directory.CreateTempSubdirectory("ms").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    [Trait("Threat", "F31")]
    public async Task The_Debian_layout_holds_a_configuration_that_the_program_accepts()
    {
        var root = await InstallAsync();
        var file = root + NodeAddress.UsualConfiguration;
        var run = await CommandRun.OfAsync(["config", "check", "--config", file]);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal(NodeAddress.UsualSocket, ConfigurationReader.FindSocket(file));
        Assert.Equal((Read, Enter), (File.GetUnixFileMode(file), File.GetUnixFileMode(root + "/etc/milswitch/secrets")));
        Assert.Equal("../lib/milswitch/milswitch", new FileInfo(root + "/usr/bin/milswitch").LinkTarget);
    }

    [Fact]
    public async Task Installing_again_keeps_the_configuration_and_leaves_nothing_of_the_old_program()
    {
        var root = await InstallAsync();
        await File.AppendAllTextAsync(root + NodeAddress.UsualConfiguration, "# mine\n");
        await File.WriteAllTextAsync(root + "/usr/lib/milswitch/old.dll", "");
        await InstallAsync();
        Assert.EndsWith("# mine\n", await File.ReadAllTextAsync(root + NodeAddress.UsualConfiguration), StringComparison.Ordinal);
        Assert.False(File.Exists(root + "/usr/lib/milswitch/old.dll"));
        Assert.Equal(3, (await RunAsync(Path.Combine(ConfigurationFiles.Repository, "deploy/debian-layout/install"), folder, root)).ExitCode);
    }

    [Fact]
    public async Task The_unit_agrees_with_the_layout_and_the_program()
    {
        var root = await InstallAsync();
        var unit = Unit(root + "/usr/lib/systemd/system/milswitch.service");
        var configuration = ConfigurationReader.Read(root + NodeAddress.UsualConfiguration).Configuration!;
        Assert.Equal($"/usr/lib/milswitch/milswitch run --config {NodeAddress.UsualConfiguration}", unit["ExecStart"].Single());
        Assert.True(File.Exists(root + unit["ExecStart"].Single().Split(' ')[0]));
        Assert.True(File.Exists(root + new Uri(unit["Documentation"].Single()).LocalPath));
        Assert.Equal(configuration.DataFolder, "/var/lib/" + unit["StateDirectory"].Single());
        Assert.Equal(Path.GetDirectoryName(configuration.Admin.Socket), "/run/" + unit["RuntimeDirectory"].Single());
        Assert.Equal(["1", "2", "3", "4", "6"], unit["RestartPreventExitStatus"].Single().Split(' '));
        // Without capabilities no listener may stand on a low port.
        Assert.Equal("", unit["CapabilityBoundingSet"].Single());
        Assert.All(configuration.Listeners, l => Assert.True(l.Endpoint.Port >= 1024));
        // Neither a diagnostic socket nor a dump shows keys and mail; what the node writes is its own.
        Assert.Contains("DOTNET_EnableDiagnostics=0", unit["Environment"].Single().Split(' '));
        Assert.Equal(("0", "0077"), (unit["LimitCORE"].Single(), unit["UMask"].Single()));
        Assert.Contains($"u {unit["User"].Single()} ", await File.ReadAllTextAsync(root + "/usr/lib/sysusers.d/milswitch.conf"), StringComparison.Ordinal);
    }

    [RequiresFact("systemd-analyze")]
    public async Task The_unit_is_well_formed_and_exposes_no_more_than_it_must()
    {
        var root = await InstallAsync();
        var unit = root + "/usr/lib/systemd/system/milswitch.service";
        // Paths inside the unit are this machine's; the folder of the test stands for them.
        var text = await File.ReadAllTextAsync(unit);
        await File.WriteAllTextAsync(unit, text.Replace("/usr/lib/milswitch/", root + "/usr/lib/milswitch/", StringComparison.Ordinal).Replace("/var/lib/milswitch\n", "/\n", StringComparison.Ordinal));
        var verify = await RunAsync("systemd-analyze", "verify", unit);
        // Of other units on the machine it may say what it likes.
        Assert.DoesNotContain("milswitch", verify.Error, StringComparison.Ordinal);
        Assert.Equal(0, verify.ExitCode);
        // THREATS §3: 1.5 at most; the threshold is in tenths.
        var security = await RunAsync("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit);
        Assert.True(security.ExitCode is 0, security.Output);
    }

    [Fact]
    public void Every_configuration_for_Kubernetes_is_accepted_and_its_folders_are_writable()
    {
        var (file, configuration) = ClusterConfiguration();
        var pod = Pod();
        var container = Container(pod);
        Assert.Equal($"run --config {NodeAddress.UsualConfiguration}", string.Join(' ', Items(container, "args").Select(Text)));
        var mounts = Items(container, "volumeMounts").ToDictionary(m => Text(m, "mountPath"), m => (Volume: Text(m, "name"), ReadOnly: TextOrNull(m, "readOnly") is "true"), StringComparer.Ordinal);
        Assert.Equal(Path.GetFileName(file), Path.GetFileName(NodeAddress.UsualConfiguration));
        Assert.True(mounts[Path.GetDirectoryName(NodeAddress.UsualConfiguration)!].ReadOnly);
        Assert.Equal(("data", false), mounts[configuration.DataFolder]);
        Assert.Equal(NodeAddress.UsualSocket, configuration.Admin.Socket);
        Assert.False(mounts[Path.GetDirectoryName(configuration.Admin.Socket)!].ReadOnly);
        // Each mount has its volume, and the data is a claim that outlives the pod.
        var set = Manifest("StatefulSet", "milswitch");
        var claim = Text(Items(Map(set, "spec"), "volumeClaimTemplates").Single(), "metadata", "name");
        var volumes = Items(pod, "volumes").Select(v => Text(v, "name")).Append(claim);
        Assert.Equal(mounts.Values.Select(m => m.Volume).Order(StringComparer.Ordinal), volumes.Order(StringComparer.Ordinal));
        Assert.Equal("Retain", Text(set, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"));
    }

    [Fact]
    public void Ports_of_services_probes_and_policies_are_those_of_the_configuration()
    {
        var (_, configuration) = ClusterConfiguration();
        var ports = Items(Container(Pod()), "ports").ToDictionary(p => Text(p, "name"), p => int.Parse(Text(p, "containerPort"), CultureInfo.InvariantCulture), StringComparer.Ordinal);
        Assert.Equal(Assert.Single(configuration.Listeners).Endpoint.Port, ports["smtp"]);
        Assert.Equal(configuration.Metrics!.Port, ports["metrics"]);
        foreach (var service in Manifests("Service")) Assert.All(Items(Map(service, "spec"), "ports"), p => Assert.Contains(Text(p, "targetPort"), ports.Keys));
        Assert.Equal("25", Text(Items(Map(Manifest("Service", "milswitch"), "spec"), "ports").Single(), "port"));
        var headless = Manifest("Service", Text(Manifest("StatefulSet", "milswitch"), "spec", "serviceName"));
        Assert.Equal("None", Text(headless, "spec", "clusterIP"));
        foreach (var (probe, path) in new[] { ("startupProbe", "/health/ready"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") })
            Assert.Equal((path, "metrics"), (Text(Container(Pod()), probe, "httpGet", "path"), Text(Container(Pod()), probe, "httpGet", "port")));
    }

    [Fact]
    public void The_pod_keeps_the_restricted_standard_and_has_time_to_drain()
    {
        var pod = Pod();
        var container = Container(pod);
        Assert.Equal("true", Text(pod, "securityContext", "runAsNonRoot"));
        Assert.NotEqual("0", Text(pod, "securityContext", "runAsUser"));
        Assert.Equal("RuntimeDefault", Text(pod, "securityContext", "seccompProfile", "type"));
        Assert.Equal("false", Text(pod, "automountServiceAccountToken"));
        Assert.Equal("false", Text(container, "securityContext", "allowPrivilegeEscalation"));
        Assert.Equal("true", Text(container, "securityContext", "readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], Items(Map(container, "securityContext", "capabilities"), "drop").Select(Text));
        Assert.All((string[])["hostNetwork", "hostPID", "hostIPC", "hostUsers"], key => Assert.Null(TextOrNull(pod, key)));
        Assert.Equal("restricted", Text(Manifest("Namespace", "milswitch"), "metadata", "labels", "pod-security.kubernetes.io/enforce"));
        // The node's own drain takes up to 25 s (NodeHost) behind the pause.
        Assert.True(Number(pod, "terminationGracePeriodSeconds") >= 30 + Number(container, "lifecycle", "preStop", "sleep", "seconds"));
        Assert.Equal("1", Text(Manifest("StatefulSet", "milswitch"), "spec", "replicas"));
        Assert.EndsWith("Gi", Text(container, "resources", "limits", "memory"), StringComparison.Ordinal);
        Assert.Equal("0", Text(Manifest("PodDisruptionBudget", "milswitch"), "spec", "maxUnavailable"));
    }

    [Fact]
    public void The_network_is_closed_but_for_mail_names_and_metrics()
    {
        var all = Manifest("NetworkPolicy", "default-deny");
        Assert.Empty(Map(all, "spec", "podSelector").Children);
        Assert.Equal(["Ingress", "Egress"], Items(Map(all, "spec"), "policyTypes").Select(Text));
        Assert.Null(Find(all, "spec", "ingress") ?? Find(all, "spec", "egress"));
        var milswitch = Map(Manifest("NetworkPolicy", "milswitch"), "spec");
        string[] Ports(string direction) => [.. Items(milswitch, direction).SelectMany(r => Items((YamlMappingNode)r, "ports")).Select(p => $"{Text(p, "protocol")} {Text(p, "port")}")];
        Assert.Equal(["TCP smtp", "TCP metrics"], Ports("ingress"));
        Assert.Equal(["TCP 25", "UDP 53", "TCP 53"], Ports("egress"));
    }

    [Fact]
    public void Selectors_find_the_pod_and_images_have_a_version()
    {
        var labels = Map(Manifest("StatefulSet", "milswitch"), "spec", "template", "metadata", "labels").Children.ToDictionary(p => Text(p.Key), p => Text(p.Value), StringComparer.Ordinal);
        foreach (var (kind, path) in new[] { ("Service", "spec selector"), ("StatefulSet", "spec selector matchLabels"), ("PodDisruptionBudget", "spec selector matchLabels") })
        {
            foreach (var manifest in Manifests(kind))
                Assert.All(Map(manifest, path.Split(' ')).Children, s => Assert.Equal(labels[Text(s.Key)], Text(s.Value)));
        }

        var kustomization = Documents("kustomization.yaml").Single();
        Assert.Equal(MilSwitch.Host.Running.ProgramVersion.Text, Text(Items(kustomization, "images").Single(), "newTag"));
        // Every manifest is listed, and every listed one is there.
        Assert.Equal(
            Directory.GetFiles(Base, "*.yaml").Select(f => Path.GetFileName(f)!).Except(["kustomization.yaml", "milswitch.yaml"]).Order(StringComparer.Ordinal),
            Items(kustomization, "resources").Select(Text).Order(StringComparer.Ordinal));
    }

    [RequiresFact("kubectl")]
    public async Task Kustomize_makes_one_whole_of_the_base()
    {
        var built = await RunAsync("kubectl", "kustomize", Base);
        Assert.True(built.ExitCode is 0, built.Error);
        Assert.Contains("image: milswitch:" + MilSwitch.Host.Running.ProgramVersion.Text, built.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(":latest", built.Output, StringComparison.Ordinal);
        // The pod uses the generated name of the very map that holds the configuration.
        var name = GeneratedName().Match(built.Output).Value;
        Assert.Equal(2, Regex.Count(built.Output, Regex.Escape(name), RegexOptions.None, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void The_container_is_built_from_what_is_here_and_runs_without_rights()
    {
        var text = File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "deploy/container/Containerfile"));
        var lines = text.Replace("\\\n", "", StringComparison.Ordinal).Split('\n');
        string Last(string word) => lines.Last(l => l.StartsWith(word + " ", StringComparison.Ordinal))[(word.Length + 1)..];
        foreach (var argument in lines.Where(l => l.StartsWith("ARG ", StringComparison.Ordinal))) Assert.Matches(@"^ARG \w+=[\w./-]+:[1-9][\w.-]*$", argument);
        Assert.All(lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)), l => Assert.Contains("${", l, StringComparison.Ordinal));
        foreach (var copy in lines.Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal)))
            Assert.All(copy.Split(' ')[1..^1], source => Assert.True(Path.Exists(Path.Combine(ConfigurationFiles.Repository, source)), source));
        Assert.Equal($"{Text(Pod(), "securityContext", "runAsUser")}:{Text(Pod(), "securityContext", "runAsGroup")}", Last("USER"));
        var (_, configuration) = ClusterConfiguration();
        Assert.Equal($"{configuration.Listeners[0].Endpoint.Port} {configuration.Metrics!.Port}", Last("EXPOSE"));
        Assert.Contains("DOTNET_EnableDiagnostics=0", Last("ENV").Split(' '));
        Assert.Equal(configuration.DataFolder, Last("VOLUME"));
        Assert.Equal($"[\"run\", \"--config\", \"{NodeAddress.UsualConfiguration}\"]", Last("CMD"));
    }

    private static string Base => Path.Combine(ConfigurationFiles.Repository, "k8s/base");

    private static (string File, NodeConfiguration Configuration) ClusterConfiguration()
    {
        var files = Items(Documents("kustomization.yaml").Single(), "configMapGenerator").SelectMany(g => Items((YamlMappingNode)g, "files")).Select(f => Path.Combine(Base, Text(f))).ToList();
        var file = Assert.Single(files);
        var result = ConfigurationReader.Read(file);
        Assert.Empty(result.Problems);
        return (file, result.Configuration!);
    }

    private static IEnumerable<YamlMappingNode> Documents(string file)
    {
        var stream = new YamlStream();
        using var text = File.OpenText(Path.Combine(Base, file));
        stream.Load(text);
        return stream.Documents.Select(d => (YamlMappingNode)d.RootNode);
    }

    private static IEnumerable<YamlMappingNode> Manifests(string kind) =>
        Items(Documents("kustomization.yaml").Single(), "resources").SelectMany(f => Documents(Text(f))).Where(d => Text(d, "kind") == kind);

    private static YamlMappingNode Manifest(string kind, string name) => Manifests(kind).Single(m => Text(m, "metadata", "name") == name);

    private static YamlMappingNode Pod() => Map(Manifest("StatefulSet", "milswitch"), "spec", "template", "spec");

    private static YamlMappingNode Container(YamlMappingNode pod) => (YamlMappingNode)Items(pod, "containers").Single();

    private static YamlNode? Find(YamlNode node, params string[] path)
    {
        var at = node;
        foreach (var key in path)
        {
            if (at is not YamlMappingNode map || !map.Children.TryGetValue(new YamlScalarNode(key), out at)) return null;
        }

        return at;
    }

    private static YamlMappingNode Map(YamlNode node, params string[] path) => Assert.IsType<YamlMappingNode>(Find(node, path));

    private static IEnumerable<YamlNode> Items(YamlMappingNode map, string key) => Assert.IsType<YamlSequenceNode>(Find(map, key)).Children;

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static string Text(YamlNode node, params string[] path) => TextOrNull(node, path) ?? throw new KeyNotFoundException(string.Join('.', path) + " is missing");

    private static string? TextOrNull(YamlNode node, params string[] path) => (Find(node, path) as YamlScalarNode)?.Value;

    private static int Number(YamlNode node, params string[] path) => int.Parse(Text(node, path), CultureInfo.InvariantCulture);

    // Assignments of the unit, in their order.
    private static ILookup<string, string> Unit(string file) => File.ReadLines(file).Where(l => l.Length > 0 && l[0] is not ('#' or '['))
        .Select(l => l.Split('=', 2)).ToLookup(p => p[0], p => p[1], StringComparer.Ordinal);

    // The script at work; what it is given to install is as good as the program to it.
    private async Task<string> InstallAsync()
    {
        var published = Directory.CreateDirectory(Path.Combine(folder, "published")).FullName;
        var program = Path.Combine(published, "milswitch");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n");
        File.SetUnixFileMode(program, Enter);
        var root = Path.Combine(folder, "root");
        var run = await RunAsync(Path.Combine(ConfigurationFiles.Repository, "deploy/debian-layout/install"), published, root);
        Assert.True(run.ExitCode is 0, run.Error);
        return root;
    }

    private static async Task<CommandRun> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Requirement.Find(program) ?? program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return new CommandRun(process.ExitCode, await output, await error);
    }

    [GeneratedRegex(@"milswitch-config-\w+")]
    private static partial Regex GeneratedName();
}
