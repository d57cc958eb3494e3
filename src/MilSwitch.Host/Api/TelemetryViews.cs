using MilSwitch.Domain.Telemetry;

namespace MilSwitch.Host.Api;

/// <summary>What the node logs.</summary>
/// <param name="Configured">Level of the configuration.</param>
/// <param name="Changed">What differs from it, until its time is over.</param>
public sealed record LoggingView(string Configured, IReadOnlyList<ChangedLogLevelView> Changed)
{
    public static LoggingView Of(LogState state) => new(Words.Of(state.Configured), [.. state.Changed.Select(c => new ChangedLogLevelView(c.Category, Words.Of(c.Level), c.Until, c.By, c.Reason))]);
}

/// <param name="Category">For loggers whose name begins so; null: all.</param>
public sealed record ChangedLogLevelView(string? Category, string Level, DateTimeOffset Until, string By, string Reason);

/// <param name="Level">trace, debug, information, warning, error, critical, or configured: back to what the configuration says.</param>
/// <param name="For">Such as 10m; that when absent.</param>
public sealed record LoggingRequest(string Level, string? Category, string? For, string Reason);

/// <summary>A record of SMTP dialogues with one peer.</summary>
/// <param name="Recorded">Lines so far.</param>
/// <param name="Dropped">Of these the oldest, which had to make room.</param>
/// <param name="Lines">In order; null in a list.</param>
public sealed record TraceView(
    string Id, string Peer, string By, string Reason, DateTimeOffset StartedAt, DateTimeOffset Until, bool On, long Recorded, long Dropped, IReadOnlyList<TraceLineView>? Lines)
{
    public static TraceView Of(DialogueTrace trace) => Of(trace, false);

    public static TraceView Of(DialogueTrace trace, bool withLines) => new(
        trace.Id, trace.Peer, trace.By, trace.Reason, trace.StartedAt, trace.Until, trace.IsOn, trace.Recorded, trace.Dropped,
        withLines ? [.. trace.Lines.Select(l => new TraceLineView(l.Number, l.At, l.Session, Words.Of(l.Direction), l.Text))] : null);
}

/// <param name="From">client, server, or event.</param>
public sealed record TraceLineView(long Number, DateTimeOffset At, long Session, string From, string Text);

/// <param name="Peer"><c>listener:NAME</c>, <c>link:NAME</c>, an address or a network.</param>
/// <param name="For">Up to 1h.</param>
public sealed record TraceRequest(string Peer, string For, string Reason);

/// <summary>A support bundle that was written to a file.</summary>
public sealed record SupportView(string File, long Octets);
