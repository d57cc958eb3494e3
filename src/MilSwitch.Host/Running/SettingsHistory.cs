using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Running;

/// <summary>Keeps what was in force on this node as documents of the store, and shows what all nodes have kept. Thread-safe.</summary>
/// <param name="spool">Null: a node without a store of its own keeps nothing.</param>
internal sealed partial class SettingsHistory(ISpool? spool, ConfigurationHolder configuration, TimeProvider time, ILogger<SettingsHistory> logger) : ISettingsHistory, IHostedService
{
    private const string Kind = "settings-version";
    private const string Texts = "settings-text";
    private const int MostLines = 2_000;

    private readonly SemaphoreSlim one = new(1, 1);

    /// <summary>Keeps what the node started with, unless that was in force before, and from now on all that comes into force.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        configuration.KeepVersion = KeepAsync;
        // A store that takes its time keeps no node from starting.
        _ = KeepAsync(null, null);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        configuration.KeepVersion = (_, _) => Task.CompletedTask;
        return Task.CompletedTask;
    }

    public async ValueTask<IReadOnlyList<SettingsVersion>> VersionsAsync(OperatorIdentity who, CancellationToken cancellationToken)
    {
        Demand(who);
        return spool is null ? [] : [.. (await ReadAsync(spool, cancellationToken)).OrderByDescending(v => v.At).ThenByDescending(v => v.Id, StringComparer.Ordinal)];
    }

    public async ValueTask<SettingsDifference?> CompareAsync(string from, string to, OperatorIdentity who, CancellationToken cancellationToken)
    {
        Demand(who);
        if (spool is null) return null;
        var versions = await ReadAsync(spool, cancellationToken);
        if (versions.FirstOrDefault(v => v.Id == from) is not { } before || versions.FirstOrDefault(v => v.Id == to) is not { } after) return null;
        var (old, next) = (await ReadTextsAsync(spool, from, cancellationToken), await ReadTextsAsync(spool, to, cancellationToken));
        var files = new List<FileDifference>();
        var left = MostLines;
        foreach (var name in before.Files.Concat(after.Files).Select(f => f.Name).Distinct(StringComparer.Ordinal))
        {
            var (was, now) = (before.Files.FirstOrDefault(f => f.Name == name), after.Files.FirstOrDefault(f => f.Name == name));
            if (was?.Digest == now?.Digest) continue;
            var change = was is null ? FileChange.Added : now is null ? FileChange.Removed : FileChange.Changed;
            var isKept = was is not { IsKept: false } && now is not { IsKept: false };
            var (lines, isCut) = isKept ? LineDifference.Of(LinesOf(old, name), LinesOf(next, name), left) : ([], false);
            left = Math.Max(0, left - lines.Count);
            files.Add(new FileDifference(name, change, lines, isCut));
        }

        return new SettingsDifference(before, after, files);

        static IReadOnlyList<string> LinesOf(IReadOnlyDictionary<string, string> texts, string name) =>
            texts.TryGetValue(name, out var text) && text.Length > 0 ? text.TrimEnd('\n').Split('\n') : [];
    }

    // That the settings are in force does not depend on whether this can be kept: the audit trail tells who applied them.
    private async Task KeepAsync(string? who, string? reason)
    {
        if (spool is null) return;
        await one.WaitAsync();
        try
        {
            var current = configuration.Current;
            var files = SettingsFiles.Read(current.File, configuration.Shared);
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', files.Select(f => $"{f.Digest} {f.Name}")))));
            var node = current.Switch.Node;
            var own = (await ReadAsync(spool, CancellationToken.None)).Where(v => v.Node == node).OrderBy(v => v.Number).ToList();
            var last = own.LastOrDefault();
            if (last?.Digest == digest && (who is null || (last.By == who && last.Reason == reason))) return;
            var number = (last?.Number ?? 0) + 1;
            var id = string.Create(CultureInfo.InvariantCulture, $"{node}-{number:D6}");
            var version = new SettingsVersion(id, node, number, time.GetUtcNow(), who, reason, digest, [.. files.Select(f => new SettingsFile(f.Name, f.Digest, f.Octets, f.Text is not null))]);
            // The texts first: a version that is listed can be compared.
            var texts = files.Where(f => f.Text is not null).ToDictionary(f => f.Name, f => f.Text!, StringComparer.Ordinal);
            await spool.PutDocumentAsync(Texts, id, JsonSerializer.Serialize(texts, SettingsHistoryJson.Default.DictionaryStringString));
            await spool.PutDocumentAsync(Kind, id, JsonSerializer.Serialize(version, SettingsHistoryJson.Default.SettingsVersion));
            foreach (var old in own.Take(own.Count + 1 - ISettingsHistory.Most))
            {
                await spool.RemoveDocumentAsync(Kind, old.Id);
                await spool.RemoveDocumentAsync(Texts, old.Id);
            }
        }
        catch (Exception fault)
        {
            // Whatever it is: the settings are in force, and whoever applied them is told so.
            NotKept(fault);
        }
        finally
        {
            one.Release();
        }
    }

    private static void Demand(OperatorIdentity who)
    {
        if (!who.Roles.Allow(OperatorRight.ReadAudit)) who.Demand(OperatorRight.Configure);
    }

    private static async Task<List<SettingsVersion>> ReadAsync(ISpool spool, CancellationToken cancellationToken) =>
        [.. (await spool.ListDocumentsAsync(Kind, cancellationToken)).Select(d => Read(d.Json, SettingsHistoryJson.Default.SettingsVersion)).OfType<SettingsVersion>()];

    private static async Task<IReadOnlyDictionary<string, string>> ReadTextsAsync(ISpool spool, string id, CancellationToken cancellationToken) =>
        Read(await spool.ReadDocumentAsync(Texts, id, cancellationToken), SettingsHistoryJson.Default.DictionaryStringString) ?? [];

    private static T? Read<T>(string? json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(5007, LogLevel.Warning, "The version of the settings that is in force now could not be kept for comparison")]
    private partial void NotKept(Exception fault);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SettingsVersion))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class SettingsHistoryJson : JsonSerializerContext;
