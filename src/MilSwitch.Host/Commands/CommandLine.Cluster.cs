using System.CommandLine;
using System.Globalization;
using MilSwitch.Domain.Clustering;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>The nodes of the cluster.</summary>
public sealed partial class CommandLine
{
    private Command Cluster()
    {
        var status = Remote("status", "The nodes as this one sees them; exit 1 when one of them is not up or says nothing", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/cluster", cancellationToken);
            Show(arguments, text, ApiJson.Default.ClusterStateView, Write);
            return Read(text, ApiJson.Default.ClusterStateView).Nodes.All(n => n is { State: "up", Reachable: true }) ? ExitCodes.Done : ExitCodes.Bad;
        });
        Example(status, "milswitch cluster status", "milswitch cluster status --json");
        var drain = Remote("drain", "The asked node takes nothing new, ends what it has under way, hands its partitions over and stops", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.SendAsync(HttpMethod.Post, "/cluster/drain", new ReasonRequest(arguments.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest, Conditions(arguments), cancellationToken),
            ApiJson.Default.ClusterStateView, view => environment.Output.WriteLine($"{view.Nodes.FirstOrDefault(n => n.Self)?.Name} leaves")));
        drain.Options.Add(reason);
        drain.Options.Add(key);
        Example(drain, "milswitch cluster drain --reason 'new kernel'", "milswitch cluster drain --node https://n2.example.org:8443 --reason upgrade");
        return new Command("cluster", "The nodes of the cluster") { status, drain };
    }

    private void Write(ClusterStateView view) => Text.WriteTable(
        environment.Output, ["NODE", "ADDRESS", "ROLES", "STATE", "PARTITIONS", "PENDING", "STORE", "POLICY", "VERSION"],
        view.Nodes.Select(n => (string[])
        [
            n.Name + (n.Self ? " *" : ""), n.Address, n.Roles.Count == NodeRoleNames.All.Count ? "all" : string.Join(",", n.Roles), n.Reachable ? n.State : n.State + ", silent", Number(n.Partitions), Number(n.Pending),
            n.StoreSilence is { } silence ? silence.ToString("0.0", CultureInfo.InvariantCulture) + " s" : "", n.Policy?.ToString(CultureInfo.InvariantCulture) ?? "", n.Version ?? "",
        ]));

    private static string Number(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
