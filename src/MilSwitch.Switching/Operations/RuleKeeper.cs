using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>Keeps the operator's rules in the store and in every actor's sight. Thread-safe.</summary>
internal sealed class RuleKeeper(SwitchRuntime runtime)
{
    private const string Document = "rule";
    private readonly SemaphoreSlim gate = new(1, 1);

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await runtime.Spool.ListDocumentsAsync(Document, cancellationToken).ConfigureAwait(false);
        runtime.Swap(new RuleBook(stored.Select(d => JsonSerializer.Deserialize(d.Json, RuleJson.Default.OperatorRule)!)));
    }

    public async Task AddAsync(OperatorRule rule, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await PutAsync(rule, cancellationToken).ConfigureAwait(false);
            Publish(new RuleBook([.. runtime.Rules.Rules.Where(r => r.Id != rule.Id), rule]));
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Judges the rule in force and puts another in its place, with nobody in between.</summary>
    public Task<RuleChange> ReplaceAsync(OperatorRule rule, Func<OperatorRule, bool>? expected, CancellationToken cancellationToken) =>
        ChangeAsync(rule.Id, expected, async others =>
        {
            await PutAsync(rule, cancellationToken).ConfigureAwait(false);
            return new RuleBook([.. others, rule]);
        }, cancellationToken);

    public Task<RuleChange> RemoveAsync(string id, Func<OperatorRule, bool>? expected, CancellationToken cancellationToken) =>
        ChangeAsync(id, expected, async others =>
        {
            await runtime.Spool.RemoveDocumentAsync(Document, id, cancellationToken).ConfigureAwait(false);
            return new RuleBook(others);
        }, cancellationToken);

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
                if (await RemoveAsync(rule.Id, current => current.Expires <= now, cancellationToken).ConfigureAwait(false) != RuleChange.Done) continue;
                runtime.Events.Publish(new SwitchEvent(now, "rule.ended") { Subject = rule.Id, Detail = $"{rule.Kind.ToString().ToLowerInvariant()} {rule.Scope}" });
            }
        }
        catch (SpoolUnavailableException)
        {
            // They are over in any case, whoever judges by them looks at the time; the next beat removes them.
        }
    }

    private async Task PutAsync(OperatorRule rule, CancellationToken cancellationToken) =>
        await runtime.Spool.PutDocumentAsync(Document, rule.Id, JsonSerializer.Serialize(rule, RuleJson.Default.OperatorRule), cancellationToken).ConfigureAwait(false);

    private void Publish(RuleBook rules)
    {
        runtime.Swap(rules);
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
