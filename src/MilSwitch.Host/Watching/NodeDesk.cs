using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Switching;

namespace MilSwitch.Host.Watching;

/// <summary>What a person does to the node itself.</summary>
internal sealed class NodeDesk(ConfigurationHolder configuration, ISwitchControl control, IHostApplicationLifetime lifetime) : INodeDesk
{
    public string? Console => configuration.Current.Switch.Console;

    public ConfigurationInForce Configuration => new(configuration.Current.File, configuration.Since);

    public async ValueTask<IReadOnlyList<string>> ApplyConfigurationAsync(OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        return await configuration.ReloadAsync(_ => true, who.Name) is { } problems ? [.. problems.Select(p => p.ToString())] : ["it has changed meanwhile"];
    }

    public async ValueTask DrainAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        // A node that can't record it must be able to leave all the same: it is the one that is to be replaced.
        await control.RecordAsync(AuditKind.NodeStopped, $"drain: {reason}", who.Name);
        lifetime.StopApplication();
    }
}
