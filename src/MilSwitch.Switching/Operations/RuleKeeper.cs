using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;
using MilSwitch.Switching.Links;

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
            await runtime.Spool.PutDocumentAsync(Document, rule.Id, JsonSerializer.Serialize(rule, RuleJson.Default.OperatorRule), cancellationToken)
                .ConfigureAwait(false);
            Publish(new RuleBook([.. runtime.Rules.Rules.Where(r => r.Id != rule.Id), rule]));
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<bool> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var removed = await runtime.Spool.RemoveDocumentAsync(Document, id, cancellationToken).ConfigureAwait(false);
            Publish(new RuleBook(runtime.Rules.Rules.Where(r => r.Id != id)));
            return removed;
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
        foreach (var rule in runtime.Rules.Rules.Where(r => r.Expires <= now).ToArray()) await RemoveAsync(rule.Id, cancellationToken).ConfigureAwait(false);
    }

    private void Publish(RuleBook rules)
    {
        runtime.Swap(rules);
        foreach (var link in runtime.Links.All) link.Actor.Tell(new LinkCommands.Reconsider());
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
