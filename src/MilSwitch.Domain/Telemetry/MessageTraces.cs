using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Telemetry;

/// <summary>
/// What the switch does with a message, as spans. The trace has the message's id for its seed, so that the spans of all nodes that
/// work on it join without anything being carried between them. While nobody listens nothing is made. Thread-safe.
/// </summary>
/// <remarks>A span says which message, its level, over which link and what came of it: never an address, and nothing of the content.</remarks>
/// <param name="scope">Tells switches apart whose ids may be the same: empty in a cluster, else the node's name.</param>
public sealed class MessageTraces(string scope)
{
    /// <summary>Who wants to hear of spans asks for this source.</summary>
    public const string SourceName = "MilSwitch";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The trace of a message.</summary>
    public ActivityTraceId TraceOf(MessageId id)
    {
        var name = Encoding.UTF8.GetBytes(scope);
        Span<byte> seed = stackalloc byte[sizeof(long) + name.Length];
        BinaryPrimitives.WriteInt64BigEndian(seed, id.Value);
        name.CopyTo(seed[sizeof(long)..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, digest);
        return ActivityTraceId.CreateFromBytes(digest[..16]);
    }

    /// <summary>Begins a span, which its disposal ends; null while nobody listens.</summary>
    /// <param name="what">What is done.</param>
    /// <param name="id">With which message.</param>
    /// <param name="kind">Who asked for it.</param>
    /// <param name="since">For how long it has been under way already.</param>
    public Activity? Begin(string what, MessageId id, ActivityKind kind = ActivityKind.Internal, TimeSpan since = default)
    {
        if (!Source.HasListeners()) return null;
        var trace = TraceOf(id);
        // Inside another span of this message it is a part of that; else it stands beside the others.
        var isWithin = Activity.Current is { } current && current.TraceId == trace;
        var within = isWithin ? Activity.Current!.Context : new ActivityContext(trace, default, ActivityTraceFlags.Recorded);
        // Whatever else is under way would be taken for its parent.
        if (!isWithin) Activity.Current = null;
        var span = Source.StartActivity(what, kind, within, startTime: since > TimeSpan.Zero ? TimeProvider.System.GetUtcNow() - since : default);
        span?.SetTag("milswitch.message", id.ToString());
        return span;
    }

    /// <summary>A message was made out of another: each trace points to the other.</summary>
    /// <param name="made">The new one.</param>
    /// <param name="from">A span of the old one; null: nobody listens.</param>
    public void Make(MessageId made, Activity? from)
    {
        if (from is null || !Source.HasListeners()) return;
        var context = new ActivityContext(TraceOf(made), default, ActivityTraceFlags.Recorded);
        var outer = Activity.Current;
        Activity.Current = null;
        using (var span = Source.StartActivity("make", ActivityKind.Internal, context, links: [new ActivityLink(from.Context)]))
        {
            span?.SetTag("milswitch.message", made.ToString());
            if (span is not null) from.AddLink(new ActivityLink(span.Context));
        }

        Activity.Current = outer;
    }
}
