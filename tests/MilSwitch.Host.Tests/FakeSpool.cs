using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>A store of which nothing is asked but how it is, small documents, and messages that a test put there.</summary>
public class FakeSpool : DispatchProxy
{
    private readonly ConcurrentDictionary<(string Kind, string Id), string> documents = new();
    private readonly Lock gate = new();
    private volatile SpoolHealth health;
    private (StoredMessage Message, string Content)[] messages = [];

    public static ISpool Create(SpoolHealth health)
    {
        var spool = Create<ISpool, FakeSpool>();
        Turn(spool, health);
        return spool;
    }

    public static void Turn(ISpool spool, SpoolHealth health) => ((FakeSpool)(object)spool).health = health;

    /// <summary>From now on these are there, and can be asked for.</summary>
    public static void Hold(ISpool spool, params (StoredMessage Message, string Content)[] messages) => ((FakeSpool)(object)spool).messages = messages;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name switch
    {
        "get_Health" => health,
        nameof(ISpool.PutDocumentAsync) => new ValueTask(Put(((string)args![0]!, (string)args[1]!), (string)args[2]!)),
        nameof(ISpool.ReadDocumentAsync) => new ValueTask<string?>(documents.GetValueOrDefault(((string)args![0]!, (string)args[1]!))),
        nameof(ISpool.RemoveDocumentAsync) => new ValueTask<bool>(documents.TryRemove(((string)args![0]!, (string)args[1]!), out _)),
        nameof(ISpool.ExchangeDocumentAsync) => new ValueTask<bool>(Exchange(((string)args![0]!, (string)args[1]!), (string?)args[2], (string?)args[3])),
        nameof(ISpool.ListDocumentsAsync) => new ValueTask<IReadOnlyList<StoredDocument>>([.. documents.Where(d => d.Key.Kind == (string)args![0]!).Select(d => new StoredDocument(d.Key.Kind, d.Key.Id, d.Value))]),
        nameof(ISpool.QueryAsync) => new ValueTask<IReadOnlyList<StoredMessage>>(Find((MessageQuery)args![0]!)),
        nameof(ISpool.OpenContentAsync) => new ValueTask<ContentReader?>(messages.Where(m => m.Message.Id == (MessageId)args![0]!).Select(m => ContentReader.Of(Encoding.ASCII.GetBytes(m.Content))).FirstOrDefault()),
        nameof(IAsyncDisposable.DisposeAsync) => ValueTask.CompletedTask,
        _ => throw new NotSupportedException(targetMethod?.Name),
    };

    private StoredMessage[] Find(MessageQuery query) =>
        [.. messages.Select(m => m.Message).Where(m => !(m.Envelope.ArrivedAt < query.AcceptedFrom) && (query.Before is not { } before || m.Id.CompareTo(before) < 0)).OrderByDescending(m => m.Id).Take(query.Limit)];

    private Task Put((string Kind, string Id) key, string json)
    {
        if (health is not SpoolHealth.Ready) throw new SpoolUnavailableException(health);
        documents[key] = json;
        return Task.CompletedTask;
    }

    private bool Exchange((string Kind, string Id) key, string? expected, string? json)
    {
        if (health is not SpoolHealth.Ready) throw new SpoolUnavailableException(health);
        lock (gate)
        {
            if (documents.GetValueOrDefault(key) != expected) return false;
            if (json is null) documents.TryRemove(key, out _);
            else documents[key] = json;
            return true;
        }
    }
}
