using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Access;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Api;

/// <summary>Server-sent events (HTML Living Standard §9.2): what happens in the node, as it happens.</summary>
internal static class EventStream
{
    /// <summary>A comment goes out when nothing else has for this long, so that both sides notice a dead connection.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public const string LastEventId = "Last-Event-ID";

    /// <summary>The first event of a stream: from here on nothing is missed.</summary>
    public const string Opened = "stream.opened";

    /// <summary>Events are missing before this one: what is known should be read anew.</summary>
    public const string Gap = "stream.gap";

    private const int Batch = 256;
    private static readonly string[] Topics = ["message", "link", "rule", "alarm", "configuration"];

    public static async Task<IResult> AnswerAsync(
        HttpContext context, ISwitchEvents events, ConfigurationHolder configuration, IHostApplicationLifetime lifetime, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var reader = new QueryReader(context.Request.Query);
        var topics = reader.Text("topics")?.Split(',', StringSplitOptions.TrimEntries);
        if (reader.Finish() is { } fault) return Problems.BadRequest(fault);
        if (topics?.Except(Topics, StringComparer.Ordinal).Any() is true) return Problems.BadRequest($"topics must be some of {string.Join(", ", Topics)}.");

        // A place that can't be read is one that is not known any more: an error would end an EventSource for good.
        EventPosition? after = context.Request.Headers[LastEventId] is { Count: > 0 } last
            ? EventPosition.TryParse(last.ToString(), out var read) ? read : default(EventPosition)
            : null;
        using var subscription = events.Subscribe(after);
        if (subscription is null) return Problems.Answer(503, "Too many watch already", "Close another event stream first.");

        context.Response.ContentType = "text/event-stream";
        // Of reverse proxies: the stream is to pass as it comes.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        ApiMeter.CountStream(1);
        try
        {
            await WriteAsync(
                context.Response.BodyWriter, subscription, topics, time,
                async () => await Doorkeeper.IdentifyForApiAsync(context) is not null, end.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The client comes again to whatever runs then.
        }
        finally
        {
            ApiMeter.CountStream(-1);
        }

        return Results.Empty;
    }

    private static async Task WriteAsync(
        PipeWriter output, IEventSubscription subscription, string[]? topics, TimeProvider time, Func<ValueTask<bool>> isPermitted, CancellationToken cancellationToken)
    {
        var found = new List<SwitchEvent>(Batch);
        Append(output, null, Opened, "{}", subscription.Position);
        var checkedAt = time.GetTimestamp();
        while (true)
        {
            found.Clear();
            var lost = subscription.Read(found, Batch);
            var position = subscription.Position;
            if (lost) Append(output, null, Gap, "{}", position with { Sequence = position.Sequence - found.Count });
            for (var i = 0; i < found.Count; i++)
            {
                if (topics is null || IsChosen(found[i], topics))
                    Append(output, found[i], found[i].Type, null, position with { Sequence = position.Sequence - found.Count + i + 1 });
            }

            await output.FlushAsync(cancellationToken);
            try
            {
                await subscription.WhenReadable().WaitAsync(Heartbeat, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Quiet for so long.
            }

            if (time.GetElapsedTime(checkedAt) < Heartbeat) continue;
            checkedAt = time.GetTimestamp();
            // A token that was taken away and a session that is over end their streams as well.
            if (!await isPermitted()) return;
            // An id without data is no event, but a place to go on from, though nothing that was chosen happened.
            output.Write(Encoding.ASCII.GetBytes($": still here\nid: {subscription.Position}\n\n"));
        }
    }

    private static bool IsChosen(SwitchEvent happened, string[] topics)
    {
        foreach (var topic in topics)
        {
            if (happened.Topic.SequenceEqual(topic)) return true;
        }

        return false;
    }

    // JSON without line breaks: nothing that a peer said can begin a line of the stream.
    private static void Append(PipeWriter output, SwitchEvent? happened, string type, string? data, EventPosition id)
    {
        output.Write(Encoding.ASCII.GetBytes($"id: {id}\nevent: {type}\ndata: "));
        if (happened is null) output.Write(Encoding.ASCII.GetBytes(data!));
        else output.Write(JsonSerializer.SerializeToUtf8Bytes(EventView.Of(happened), EventJson.Default.EventView));
        output.Write("\n\n"u8);
    }
}
