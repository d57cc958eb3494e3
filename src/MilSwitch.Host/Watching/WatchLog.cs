using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Watching;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Watching;

/// <summary>The watch log, as documents of the store.</summary>
internal sealed class WatchLog(ISpool spool, IWatchFeed feed, IOperatorActions actions, TimeProvider time) : IWatchLog
{
    private const string Kind = "watch-note";
    private const int MostLines = 40;

    public async ValueTask<IReadOnlyList<WatchNote>> ListAsync(string? after, int limit, CancellationToken cancellationToken) =>
        [.. (await spool.PageDocumentsAsync(Kind, after ?? "", limit, cancellationToken)).Select(d => JsonSerializer.Deserialize(d.Json, WatchLogJson.Default.WatchNote)).OfType<WatchNote>()];

    public async ValueTask<WatchNote> WriteAsync(WatchNoteKind kind, string text, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Act);
        text = text.Trim();
        if (text.Length is 0 && kind is WatchNoteKind.Note) throw new FormatException("the note says nothing");
        if (text.Length > WatchNote.Longest) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the note has more than {WatchNote.Longest} characters"));
        var snapshot = await feed.LookAsync(cancellationToken);
        var now = time.GetUtcNow();
        // Falling, so that the newest comes first where documents are read in the order of their ids.
        var id = string.Create(CultureInfo.InvariantCulture, $"{long.MaxValue - now.UtcTicks:x16}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        var note = new WatchNote(id, now, who.Name, snapshot.Node, kind, kind is WatchNoteKind.Handover ? await StandAsync(snapshot, text, cancellationToken) : text);
        await spool.PutDocumentAsync(Kind, id, JsonSerializer.Serialize(note, WatchLogJson.Default.WatchNote), cancellationToken);
        return note;
    }

    private async Task<string> StandAsync(WatchSnapshot snapshot, string text, CancellationToken cancellationToken)
    {
        var lines = new StringBuilder();
        if (text.Length > 0) lines.Append(text).Append("\n\n");
        lines.Append("Queued: ").AppendJoin(", ", Enumerable.Range(0, PrecedenceExtensions.Count).Reverse().Select(p => (Precedence)p).Select(p => $"{p.Keyword()} {snapshot.Queued(p).ToString(CultureInfo.InvariantCulture)}")).Append('\n');
        lines.Append(CultureInfo.InvariantCulture, $"Held: {snapshot.Nodes.Sum(n => n.Held)}\n");
        foreach (var held in await actions.HeldAsync(null, MostLines, cancellationToken)) lines.Append(CultureInfo.InvariantCulture, $"  {held.Id} {held.Precedence.Keyword()} {held.Reason ?? held.Steps.FirstOrDefault()?.Decision.Step}\n");
        foreach (var alarm in snapshot.Alarms.Take(MostLines)) lines.Append(CultureInfo.InvariantCulture, $"Alarm: {alarm.Alarm.Text} ({alarm.Node}, since {alarm.Alarm.Since:yyyy-MM-dd HH:mm}Z)\n");
        foreach (var rule in (await actions.RulesAsync(cancellationToken)).Take(MostLines)) lines.Append(CultureInfo.InvariantCulture, $"Order {rule.Id}: {Words.Of(rule.Kind)} {rule.Scope}, {rule.Reason} ({rule.Author})\n");
        foreach (var node in snapshot.Nodes.Where(n => !n.Answers)) lines.Append(CultureInfo.InvariantCulture, $"Node {node.Node} does not answer\n");
        return lines.ToString().TrimEnd();
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(WatchNote))]
internal sealed partial class WatchLogJson : JsonSerializerContext;
