using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>Keeps the operator's rules in the store and in every actor's sight. Thread-safe.</summary>
internal sealed partial class RuleKeeper(SwitchRuntime runtime)
{
    private const string Document = PolicyDocuments.Rule;
    private readonly SemaphoreSlim gate = new(1, 1);

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        runtime.Swap(await ReadAsync(cancellationToken).ConfigureAwait(false));
        runtime.Swap(await ReadPlanAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Takes over what another node put into the store.</summary>
    /// <param name="policy">The version that the store named before this was called: what is read here is at least as new.</param>
    public async Task LoadAsync(long policy, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await LoadAsync(cancellationToken).ConfigureAwait(false);
            // A node that can't follow keeps its version, and the store lets it arm nothing.
            if (await runtime.FollowConfiguration(cancellationToken).ConfigureAwait(false)) runtime.Policy = policy;
            runtime.Reconsider();
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<RuleBook> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await runtime.Spool.ListDocumentsAsync(Document, cancellationToken).ConfigureAwait(false);
        return new RuleBook(stored.Select(d => JsonSerializer.Deserialize(d.Json, RuleJson.Default.OperatorRule)!));
    }

    /// <summary>Throws <see cref="SpoolUnavailableException"/> when the store takes the order or its record not; it is not in force then.</summary>
    /// <param name="detail">For the audit trail, as of all orders here.</param>
    public async Task AddAsync(OperatorRule rule, string detail, string who, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RecordAsync(AuditKind.RuleAdded, rule.Id, detail, who, () => PutAsync(rule, cancellationToken), cancellationToken).ConfigureAwait(false);
            Publish(new RuleBook([.. runtime.Rules.Rules.Where(r => r.Id != rule.Id), rule]));
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Judges the rule in force and puts another in its place, with nobody in between.</summary>
    public Task<RuleChange> ReplaceAsync(OperatorRule rule, Func<OperatorRule, bool>? expected, string detail, string who, CancellationToken cancellationToken) =>
        ChangeAsync(rule.Id, expected, async others =>
        {
            await RecordAsync(AuditKind.RuleAdded, rule.Id, detail, who, () => PutAsync(rule, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new RuleBook([.. others, rule]);
        }, cancellationToken);

    public Task<RuleChange> RemoveAsync(string id, Func<OperatorRule, bool>? expected, string detail, string who, CancellationToken cancellationToken) =>
        ChangeAsync(id, expected, async others =>
        {
            await RecordAsync(AuditKind.RuleRemoved, id, detail, who, () => TakeOutAsync(id, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new RuleBook(others);
        }, cancellationToken);

    // An order is in the trail before it is in force. Should the store take the one and not the other, the trail says so.
    private async Task RecordAsync(AuditKind kind, string id, string detail, string who, Func<Task> change, CancellationToken cancellationToken)
    {
        await runtime.RecordAsync(kind, $"{id} {detail}".TrimEnd(), who, cancellationToken).ConfigureAwait(false);
        try
        {
            await change().ConfigureAwait(false);
        }
        catch (SpoolUnavailableException fault)
        {
            await runtime.AuditAsync(kind, $"{id} not done: {fault.Reason}", who, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<RuleChange> ChangeAsync(
        string id, Func<OperatorRule, bool>? expected, Func<IEnumerable<OperatorRule>, Task<RuleBook>> change, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (runtime.Rules.Rules.FirstOrDefault(r => r.Id == id) is not { } current) return RuleChange.NotFound;
            if (expected?.Invoke(current) is false) return RuleChange.Unexpected;
            Publish(await change(runtime.Rules.Rules.Where(r => r.Id != id)).ConfigureAwait(false));
            return RuleChange.Done;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Removes rules whose time is over; what they kept back moves on.</summary>
    public async Task ExpireAsync(CancellationToken cancellationToken)
    {
        var now = runtime.Now;
        try
        {
            foreach (var rule in runtime.Rules.Rules.Where(r => r.Expires <= now).ToArray())
            {
                var detail = $"{rule.Kind.ToString().ToLowerInvariant()} {rule.Scope}";
                var change = await ChangeAsync(rule.Id, current => current.Expires <= now, async others =>
                {
                    // With the time at which it ended: on the next beat this is the same line and not another one.
                    await runtime.RecordAsync(AuditKind.RuleRemoved, $"{rule.Id} ended by itself: {detail}", null, cancellationToken, rule.Expires).ConfigureAwait(false);
                    await TakeOutAsync(rule.Id, cancellationToken).ConfigureAwait(false);
                    return new RuleBook(others);
                }, cancellationToken).ConfigureAwait(false);
                if (change == RuleChange.Done) runtime.Events.Publish(new SwitchEvent(now, "rule.ended") { Subject = rule.Id, Detail = detail });
            }
        }
        catch (SpoolUnavailableException)
        {
            // They are over in any case, whoever judges by them looks at the time; the next beat removes them.
        }
    }

    private async Task PutAsync(OperatorRule rule, CancellationToken cancellationToken) =>
        await runtime.Spool.PutDocumentAsync(Document, rule.Id, JsonSerializer.Serialize(rule, RuleJson.Default.OperatorRule), cancellationToken).ConfigureAwait(false);

    private async Task TakeOutAsync(string id, CancellationToken cancellationToken) =>
        await runtime.Spool.RemoveDocumentAsync(Document, id, cancellationToken).ConfigureAwait(false);

    private void Publish(RuleBook rules)
    {
        runtime.Swap(rules);
        // In a cluster the store names a version of what was written just now; until it is known here, nothing is armed.
        runtime.LookAtStore();
        runtime.Reconsider();
    }
}

/// <summary>Link names are plain strings in JSON.</summary>
internal sealed class LinkNameConverter : JsonConverter<LinkName>
{
    public override LinkName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, LinkName value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(LinkNameConverter)], UseStringEnumConverter = true)]
[JsonSerializable(typeof(OperatorRule))]
internal sealed partial class RuleJson : JsonSerializerContext;
