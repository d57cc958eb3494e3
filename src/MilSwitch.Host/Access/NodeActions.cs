using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Running;
using MilSwitch.Switching;
using MilSwitch.Switching.Operations;

namespace MilSwitch.Host.Access;

/// <summary>What persons do to this node: judged as acts on messages are.</summary>
internal sealed class NodeActions : INodeActions
{
    private const string ApplyForm = "config";
    private const string DrainForm = "drain";
    private const int LongestReason = 1_000;

    private readonly ConfigurationHolder configuration;
    private readonly ISwitchControl control;
    private readonly ProposalDesk proposals;
    private readonly IHostApplicationLifetime lifetime;

    public NodeActions(ConfigurationHolder configuration, ISwitchControl control, ProposalDesk proposals, IHostApplicationLifetime lifetime)
    {
        (this.configuration, this.control, this.proposals, this.lifetime) = (configuration, control, proposals, lifetime);
        proposals.Perform(ApplyForm, PerformApplyAsync);
        proposals.Perform(DrainForm, async (request, who, cancellationToken) =>
        {
            await LeaveAsync(JsonSerializer.Deserialize(request, NodeActionJson.Default.ProposedDrain)!.Reason, who);
            return "it is being drained";
        });
    }

    public SettingsState Settings => new(Node, configuration.Current.File, configuration.Since, configuration.Tag);

    private string Node => configuration.Current.Switch.Node;

    public async ValueTask<IReadOnlyList<SettingsProblem>?> ApplyAsync(Func<string, bool>? expected, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        Reasoned(reason);
        if (proposals.NeedsTwo(TwoPersonActs.Configuration))
        {
            if (expected?.Invoke(configuration.Tag) is false) return null;
            var file = configuration.Current.File;
            var request = JsonSerializer.Serialize(new ProposedFile(file, await DigestAsync(file, cancellationToken), reason), NodeActionJson.Default.ProposedFile);
            await proposals.ProposeAsync(TwoPersonActs.Configuration, ApplyForm, request, $"apply {file} on node {Node}", OperatorRight.Configure, reason, who, Node, cancellationToken);
        }

        return await ApplyAsync(expected ?? (_ => true), who, reason);
    }

    public async ValueTask DrainAsync(string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        Reasoned(reason);
        if (proposals.NeedsTwo(TwoPersonActs.Drain))
        {
            await proposals.ProposeAsync(
                TwoPersonActs.Drain, DrainForm, JsonSerializer.Serialize(new ProposedDrain(reason), NodeActionJson.Default.ProposedDrain), $"drain node {Node}", OperatorRight.Configure, reason, who, Node, cancellationToken);
        }

        await LeaveAsync(reason, who);
    }

    private async Task<string> PerformApplyAsync(string request, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var wanted = JsonSerializer.Deserialize(request, NodeActionJson.Default.ProposedFile)!;
        if (wanted.File != configuration.Current.File || wanted.Digest != await DigestAsync(wanted.File, cancellationToken)) throw new FormatException("the file is another one than was proposed");
        return await ApplyAsync(_ => true, who, wanted.Reason) is { Count: > 0 } problems ? throw new FormatException($"{problems[0].File}:{problems[0].Line}: {problems[0].Key}: {problems[0].Text}") : "it is in force";
    }

    private async ValueTask<IReadOnlyList<SettingsProblem>?> ApplyAsync(Func<string, bool> expected, OperatorIdentity who, string reason) =>
        await configuration.ReloadAsync(expected, who.Name, reason) is { } problems ? [.. problems.Select(p => new SettingsProblem(p.File, p.Line, p.Key, p.Text))] : null;

    private async ValueTask LeaveAsync(string reason, OperatorIdentity who)
    {
        // A node that can't record it must be able to leave all the same: it is the one that is to be replaced.
        await control.RecordAsync(AuditKind.NodeStopped, $"drain: {reason}", who.Name);
        // The answer goes out first: stopping waits for it.
        lifetime.StopApplication();
    }

    private static void Reasoned(string reason)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new FormatException("a reason is missing");
        if (reason.Length > LongestReason) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the reason has more than {LongestReason} characters"));
    }

    private static async Task<string> DigestAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, cancellationToken)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new FormatException("the file can't be read", fault);
        }
    }
}

internal sealed record ProposedFile(string File, string Digest, string Reason);

internal sealed record ProposedDrain(string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProposedFile))]
[JsonSerializable(typeof(ProposedDrain))]
internal sealed partial class NodeActionJson : JsonSerializerContext;
