using MilSwitch.Domain.Operations;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Watching;

/// <summary>What a person does to the node itself.</summary>
internal sealed class NodeDesk(ConfigurationHolder configuration, INodeActions actions) : INodeDesk
{
    public string? Console => configuration.Current.Switch.Console;

    public ConfigurationInForce Configuration => new(configuration.Current.File, configuration.Since);

    public async ValueTask<IReadOnlyList<string>> ApplyConfigurationAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken) =>
        await actions.ApplyAsync(null, reason, who, cancellationToken) is { } problems ? [.. problems.Select(p => $"{p.File}:{p.Line}: {p.Key}: {p.Text}")] : ["it has changed meanwhile"];

    public ValueTask DrainAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken) => actions.DrainAsync(reason, who, cancellationToken);
}
