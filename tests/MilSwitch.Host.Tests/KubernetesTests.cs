using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using k8s;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Testing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MilSwitch.Host.Tests;

/// <summary>The manifests under <c>k8s/</c>, built by kustomize, held against the schema of Kubernetes and against the program.</summary>
public sealed partial class KubernetesTests : IDisposable
{
    private const string Single = "single";
    private const string Cluster = "cluster";

    private static readonly string Root = Path.Combine(ConfigurationFiles.Repository, "k8s");
    private static readonly ConcurrentDictionary<string, Lazy<string>> Built = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, Type> Further = new(StringComparer.Ordinal) { ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor) };

    private readonly string folder = Directory.CreateTempSubdirectory("ms").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_manifest_has_only_fields_of_its_kind()
    {
        var files = Directory.GetFiles(Root, "*.yaml", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not ("milswitch.yaml" or "kustomization.yaml")).ToArray();
        Assert.True(files.Length > 8, $"only {files.Length} manifests were found");
        foreach (var file in files) Assert.NotEmpty(Load(File.ReadAllText(file)));
    }

    [Fact]
    public void A_field_that_the_kind_does_not_have_is_refused() => Assert.ThrowsAny<YamlException>(
        () => Load(File.ReadAllText(Path.Combine(Root, "overlays/cluster/statefulset.yaml")).Replace("replicas:", "replicaz:", StringComparison.Ordinal)));

    [RequiresTheory("kubectl")]
    [InlineData(Single)]
    [InlineData(Cluster)]
    public void Kustomize_makes_one_whole(string overlay)
    {
        var text = Build(Path.Combine("overlays", overlay));
        Assert.Equal(YamlLookup.Documents(text).Count, Load(text).Count);
        Assert.Contains("image: milswitch:" + ProgramVersion.Text, text, StringComparison.Ordinal);
        Assert.DoesNotContain(":latest", text, StringComparison.Ordinal);
        // The pod uses the generated name of the very map that holds the configuration.
        var name = GeneratedName().Match(text).Value;
        Assert.Equal(2, Regex.Count(text, Regex.Escape(name), RegexOptions.None, TimeSpan.FromSeconds(5)));
    }

    [RequiresTheory("kubectl")]
    [InlineData(Single)]
    [InlineData(Cluster)]
    public void The_configuration_is_accepted_and_its_folders_are_writable(string overlay)
    {
        var configuration = Configuration(overlay);
        var pod = Pod(overlay);
        var container = Container(pod);
        Assert.Equal($"run --config {NodeAddress.UsualConfiguration}", string.Join(' ', container.Texts("args")));
        var mounts = container.Items("volumeMounts").ToDictionary(m => m.Text("mountPath"), m => (Volume: m.Text("name"), ReadOnly: m.TextOrNull("readOnly") is "true"), StringComparer.Ordinal);
        Assert.True(mounts[Path.GetDirectoryName(NodeAddress.UsualConfiguration)!].ReadOnly);
        Assert.Equal(("data", false), mounts[configuration.DataFolder]);
        Assert.Equal(NodeAddress.UsualSocket, configuration.Admin.Socket);
        Assert.False(mounts[Path.GetDirectoryName(configuration.Admin.Socket)!].ReadOnly);
        // Each mount has its volume, or its claim.
        var set = Manifest(overlay, "StatefulSet", "milswitch");
        var claims = set.Find("spec", "volumeClaimTemplates") is YamlSequenceNode list ? list.Children.Select(c => c.Text("metadata", "name")) : [];
        Assert.Equal(mounts.Values.Select(m => m.Volume).Order(StringComparer.Ordinal), pod.Items("volumes").Select(v => v.Text("name")).Concat(claims).Order(StringComparer.Ordinal));
    }

    [RequiresTheory("kubectl")]
    [InlineData(Single)]
    [InlineData(Cluster)]
    public void Ports_of_services_probes_and_policies_are_those_of_the_configuration(string overlay)
    {
        var configuration = Configuration(overlay);
        var container = Container(Pod(overlay));
        var ports = container.Items("ports").ToDictionary(p => p.Text("name"), p => p.Number("containerPort"), StringComparer.Ordinal);
        Assert.Equal(Assert.Single(configuration.Listeners).Endpoint.Port, ports["smtp"]);
        Assert.Equal(configuration.Metrics!.Port, ports["metrics"]);
        foreach (var service in Manifests(overlay, "Service")) Assert.All(service.Items("spec", "ports"), p => Assert.Contains(p.Text("targetPort"), ports.Keys));
        Assert.Equal("25", Manifest(overlay, "Service", "milswitch").Items("spec", "ports").Single().Text("port"));
        var headless = Manifest(overlay, "Service", Manifest(overlay, "StatefulSet", "milswitch").Text("spec", "serviceName"));
        Assert.Equal(("None", "true"), (headless.Text("spec", "clusterIP"), headless.Text("spec", "publishNotReadyAddresses")));
        foreach (var (probe, path) in new[] { ("startupProbe", "/health/ready"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") })
            Assert.Equal((path, "metrics"), (container.Text(probe, "httpGet", "path"), container.Text(probe, "httpGet", "port")));
        // Whatever a policy names is a port of the pod or one of somebody else's.
        var named = Manifests(overlay, "NetworkPolicy").SelectMany(p => Ports(p, "ingress").Concat(Ports(p, "egress"))).Select(p => p.Split(' ')[1]);
        Assert.All(named.Where(p => !int.TryParse(p, out _)), p => Assert.Contains(p, ports.Keys));
    }

    [RequiresTheory("kubectl")]
    [InlineData(Single)]
    [InlineData(Cluster)]
    public void The_pod_keeps_the_restricted_standard_and_has_time_to_drain(string overlay)
    {
        var pod = Pod(overlay);
        var container = Container(pod);
        Assert.Equal("true", pod.Text("securityContext", "runAsNonRoot"));
        Assert.NotEqual("0", pod.Text("securityContext", "runAsUser"));
        Assert.Equal("RuntimeDefault", pod.Text("securityContext", "seccompProfile", "type"));
        Assert.Equal("false", pod.Text("automountServiceAccountToken"));
        Assert.Equal("false", Manifest(overlay, "ServiceAccount", pod.Text("serviceAccountName")).Text("automountServiceAccountToken"));
        Assert.DoesNotContain(Documents(overlay), d => d.Text("kind").Contains("Role", StringComparison.Ordinal));
        Assert.Equal("false", container.Text("securityContext", "allowPrivilegeEscalation"));
        Assert.Equal("true", container.Text("securityContext", "readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], container.Texts("securityContext", "capabilities", "drop"));
        Assert.All((string[])["hostNetwork", "hostPID", "hostIPC", "hostUsers"], key => Assert.Null(pod.TextOrNull(key)));
        Assert.Equal("restricted", Manifest(overlay, "Namespace", "milswitch").Text("metadata", "labels", "pod-security.kubernetes.io/enforce"));
        // The node's own drain takes up to 25 s (NodeHost) behind the pause.
        Assert.True(pod.Number("terminationGracePeriodSeconds") >= 30 + container.Number("lifecycle", "preStop", "sleep", "seconds"));
        Assert.EndsWith("Gi", container.Text("resources", "limits", "memory"), StringComparison.Ordinal);
    }

    [RequiresTheory("kubectl")]
    [InlineData(Single)]
    [InlineData(Cluster)]
    public void Selectors_find_the_pod(string overlay)
    {
        var labels = Manifest(overlay, "StatefulSet", "milswitch").Map("spec", "template", "metadata", "labels").Children.ToDictionary(p => p.Key.Text(), p => p.Value.Text(), StringComparer.Ordinal);
        foreach (var (kind, path) in new[] { ("Service", "spec selector"), ("StatefulSet", "spec selector matchLabels"), ("PodDisruptionBudget", "spec selector matchLabels") })
        {
            Assert.NotEmpty(Manifests(overlay, kind));
            foreach (var manifest in Manifests(overlay, kind)) Assert.All(manifest.Map(path.Split(' ')).Children, s => Assert.Equal(labels[s.Key.Text()], s.Value.Text()));
        }
    }

    [RequiresFact("kubectl")]
    public void Alone_the_network_is_closed_but_for_mail_names_and_metrics()
    {
        AssertDefaultDeny(Single);
        var milswitch = Manifest(Single, "NetworkPolicy", "milswitch");
        Assert.Equal(2, Manifests(Single, "NetworkPolicy").Count());
        Assert.Equal(["TCP smtp", "TCP metrics"], Ports(milswitch, "ingress"));
        Assert.Equal(["TCP 25", "UDP 53", "TCP 53"], Ports(milswitch, "egress"));
    }

    [RequiresFact("kubectl")]
    public void Alone_it_is_one_pod_that_nobody_evicts_and_whose_data_stays()
    {
        var set = Manifest(Single, "StatefulSet", "milswitch");
        Assert.Equal("1", set.Text("spec", "replicas"));
        Assert.Equal("0", Manifest(Single, "PodDisruptionBudget", "milswitch").Text("spec", "maxUnavailable"));
        Assert.Equal("Retain", set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"));
        Assert.Equal("data", set.Items("spec", "volumeClaimTemplates").Single().Text("metadata", "name"));
    }

    [RequiresFact("kubectl")]
    public void In_a_cluster_nodes_reach_each_other_and_the_store_and_nobody_else_does()
    {
        AssertDefaultDeny(Cluster);
        var policy = Manifest(Cluster, "NetworkPolicy", "milswitch-cluster");
        Assert.Equal(["TCP node"], Ports(policy, "ingress"));
        Assert.Equal(["TCP node", "TCP 5432"], Ports(policy, "egress"));
        var pods = policy.Map("spec", "podSelector", "matchLabels");
        Assert.Equal(pods, policy.Items("spec", "ingress").Single().Items("from").Single().Map("podSelector", "matchLabels"));
        Assert.All(policy.Items("spec", "egress"), rule => Assert.Single(rule.Items("to")));
    }

    [RequiresFact("kubectl")]
    public void In_a_cluster_nodes_start_together_go_one_by_one_and_stand_apart()
    {
        var spec = Manifest(Cluster, "StatefulSet", "milswitch").Map("spec");
        Assert.Equal(("3", "Parallel", "RollingUpdate"), (spec.Text("replicas"), spec.Text("podManagementPolicy"), spec.Text("updateStrategy", "type")));
        Assert.Equal("1", Manifest(Cluster, "PodDisruptionBudget", "milswitch").Text("spec", "maxUnavailable"));
        Assert.Equal(
            ["kubernetes.io/hostname DoNotSchedule", "topology.kubernetes.io/zone ScheduleAnyway"],
            Pod(Cluster).Items("topologySpreadConstraints").Select(c => $"{c.Text("topologyKey")} {c.Text("whenUnsatisfiable")}"));
    }

    [RequiresFact("kubectl")]
    public void In_a_cluster_each_node_has_a_name_of_its_own_that_one_certificate_covers()
    {
        var first = Variables(Cluster, "milswitch-0");
        Assert.Equal("milswitch-0", first("NODE_NAME"));
        var endpoint = first("NODE_ENDPOINT")!.Split(':');
        Assert.Equal($"milswitch-0.{Manifest(Cluster, "StatefulSet", "milswitch").Text("spec", "serviceName")}.milswitch.svc", endpoint[0]);
        Assert.Equal(endpoint[1], Container(Pod(Cluster)).Items("ports").Single(p => p.Text("name") == "node").Text("containerPort"));
        // What the page on Kubernetes has made is good for all of them.
        Assert.Contains($"'*{endpoint[0][endpoint[0].IndexOf('.', StringComparison.Ordinal)..]}'", File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "docs/operations/kubernetes.md")), StringComparison.Ordinal);
        Assert.NotEqual(first("NODE_NAME"), Variables(Cluster, "milswitch-1")("NODE_NAME"));
        // Secrets are files, each in its own volume, for the node's group only.
        var pod = Pod(Cluster);
        Assert.Equal(["milswitch-store", "milswitch-node-tls"], pod.Items("volumes").Where(v => v.Find("secret") is not null).Select(v => v.Text("secret", "secretName")));
        Assert.All(pod.Items("volumes").Where(v => v.Find("secret") is not null), v => Assert.Equal(288, v.Number("secret", "defaultMode")));
        Assert.DoesNotContain(Container(pod).Items("env"), e => e.Find("valueFrom", "secretKeyRef") is not null);
    }

    [RequiresFact("kubectl")]
    public void The_monitor_finds_the_nodes()
    {
        File.WriteAllText(
            Path.Combine(folder, "kustomization.yaml"),
            $"""
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: milswitch
            resources: [ "{Path.GetRelativePath(folder, Path.Combine(Root, "overlays/cluster"))}" ]
            components: [ "{Path.GetRelativePath(folder, Path.Combine(Root, "components/service-monitor"))}" ]
            """);
        var text = Run(folder);
        Load(text);
        var documents = YamlLookup.Documents(text);
        var monitor = documents.Single(d => d.Text("kind") == "ServiceMonitor");
        var wanted = monitor.Map("spec", "selector", "matchLabels").Children;
        var service = documents.Single(d => d.Text("kind") == "Service" && wanted.All(w => d.TextOrNull("metadata", "labels", w.Key.Text()) == w.Value.Text()));
        Assert.Contains(monitor.Items("spec", "endpoints").Single().Text("port"), service.Items("spec", "ports").Select(p => p.Text("name")));
        // The job that the alert rules ask for.
        Assert.Equal("milswitch", service.Text("metadata", "labels", monitor.Text("spec", "jobLabel")));
    }

    private static void AssertDefaultDeny(string overlay)
    {
        var all = Manifest(overlay, "NetworkPolicy", "default-deny");
        Assert.Empty(all.Map("spec", "podSelector").Children);
        Assert.Equal(["Ingress", "Egress"], all.Texts("spec", "policyTypes"));
        Assert.Null(all.Find("spec", "ingress") ?? all.Find("spec", "egress"));
    }

    private static string[] Ports(YamlMappingNode policy, string direction) =>
        policy.Find("spec", direction) is YamlSequenceNode rules ? [.. rules.Children.SelectMany(r => r.Items("ports")).Select(p => $"{p.Text("protocol")} {p.Text("port")}")] : [];

    private NodeConfiguration Configuration(string overlay)
    {
        var map = Assert.Single(Manifests(overlay, "ConfigMap"));
        var text = map.Text("data", Path.GetFileName(NodeAddress.UsualConfiguration));
        foreach (var mount in Container(Pod(overlay)).Items("volumeMounts").Where(m => m.Text("mountPath").StartsWith("/etc/milswitch-secrets/", StringComparison.Ordinal)))
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, Path.GetFileName(mount.Text("mountPath")))).FullName;
            text = text.Replace(mount.Text("mountPath"), place, StringComparison.Ordinal);
        }

        Secrets.Write(folder, "milswitch-0.milswitch-nodes.milswitch.svc");
        return SampleConfiguration.Judge(text, folder, Variables(overlay, "milswitch-0"));
    }

    // The environment of a pod, as the kubelet makes it.
    private static Func<string, string?> Variables(string overlay, string pod)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Container(Pod(overlay)).Find("env") is YamlSequenceNode list)
        {
            foreach (var variable in list.Children)
            {
                all[variable.Text("name")] = variable.TextOrNull("valueFrom", "fieldRef", "fieldPath") switch
                {
                    "metadata.name" => pod,
                    "metadata.namespace" => "milswitch",
                    null => Reference().Replace(variable.Text("value"), m => all[m.Groups[1].Value]),
                    var path => throw new KeyNotFoundException(path),
                };
            }
        }

        return name => all.GetValueOrDefault(name);
    }

    private static List<object> Load(string text) => KubernetesYaml.LoadAllFromString(text, Further, strict: true);

    private static IReadOnlyList<YamlMappingNode> Documents(string overlay) => YamlLookup.Documents(Build(Path.Combine("overlays", overlay)));

    private static IEnumerable<YamlMappingNode> Manifests(string overlay, string kind) => Documents(overlay).Where(d => d.Text("kind") == kind);

    private static YamlMappingNode Manifest(string overlay, string kind, string name) => Manifests(overlay, kind).Single(m => m.Text("metadata", "name") == name);

    private static YamlMappingNode Pod(string overlay) => Manifest(overlay, "StatefulSet", "milswitch").Map("spec", "template", "spec");

    private static YamlMappingNode Container(YamlMappingNode pod) => (YamlMappingNode)pod.Items("containers").Single();

    private static string Build(string path) => Built.GetOrAdd(path, p => new Lazy<string>(() => Run(Path.Combine(Root, p)))).Value;

    private static string Run(string kustomization)
    {
        using var process = Process.Start(new ProcessStartInfo(Requirement.Find("kubectl")!, ["kustomize", kustomization]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    [GeneratedRegex(@"milswitch-config-\w+")]
    private static partial Regex GeneratedName();

    [GeneratedRegex(@"\$\((\w+)\)")]
    private static partial Regex Reference();

    /// <summary>As much of the operator's resource (monitoring.coreos.com/v1) as is used here.</summary>
    private sealed class ServiceMonitor
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public k8s.Models.V1ObjectMeta Metadata { get; set; } = new();

        public MonitorSpec Spec { get; set; } = new();
    }

    private sealed class MonitorSpec
    {
        public k8s.Models.V1LabelSelector Selector { get; set; } = new();

        public string JobLabel { get; set; } = "";

        public List<MonitorEndpoint> Endpoints { get; set; } = [];
    }

    private sealed class MonitorEndpoint
    {
        public string Port { get; set; } = "";

        public string Interval { get; set; } = "";
    }
}
