using System.Globalization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Telemetry;
using MilSwitch.Switching;

namespace MilSwitch.Host.Telemetry;

/// <inheritdoc cref="ITelemetryDesk"/>
/// <remarks>
/// What can't be recorded is done all the same and logged: these are the means to find out why the store takes nothing.
/// </remarks>
public sealed partial class TelemetryDesk : ITelemetryDesk
{
    private readonly LogLevels levels;
    private readonly DialogueBoard dialogues;
    private readonly SupportBundle bundle;
    private readonly ISwitchControl control;
    private readonly TimeProvider time;
    private readonly ILogger<TelemetryDesk> logger;

    public TelemetryDesk(LogLevels levels, DialogueBoard dialogues, SupportBundle bundle, ISwitchControl control, TimeProvider time, ILogger<TelemetryDesk> logger)
    {
        (this.levels, this.dialogues, this.bundle, this.control, this.time, this.logger) = (levels, dialogues, bundle, control, time, logger);
        levels.Returned += change => _ = RecordAsync(AuditKind.LogLevelChanged, $"{Name(change.Category)} is logged as configured again", null);
        dialogues.Ended += trace => _ = RecordAsync(AuditKind.TraceEnded, Describe(trace), null);
    }

    public LogState Logging => levels.State;

    public IReadOnlyList<DialogueTrace> Traces => dialogues.All;

    /// <summary>What stands as long as somebody looks closer than usual.</summary>
    public IEnumerable<Alarm> Alarms
    {
        get
        {
            var changed = levels.State.Changed;
            if (!changed.IsEmpty)
                yield return new Alarm("logging", "log level raised until " + Stamp(changed.Max(c => c.Until)) + ": " + string.Join(", ", changed.Select(c => $"{Name(c.Category)} {Word(c.Level)} by {c.By}")), time.GetUtcNow());
            foreach (var trace in dialogues.All.Where(t => t.IsOn)) yield return new Alarm("trace:" + trace.Id, $"SMTP dialogue of {trace.Peer} recorded until {Stamp(trace.Until)} by {trace.By}", trace.StartedAt);
        }
    }

    public async ValueTask<LogState> SetLogLevelAsync(string? category, LogSeverity? level, TimeSpan lasts, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        if (level is { } wanted)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lasts, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(lasts, ITelemetryDesk.LongestLogLevel);
            var until = time.GetUtcNow() + lasts;
            if (!levels.Set(category, new ChangedLogLevel(category, wanted, until, who.Name, reason))) throw new InvalidOperationException("Too many categories differ already.");
            await RecordAsync(AuditKind.LogLevelChanged, $"{Name(category)} is logged at {Word(wanted)} until {Stamp(until)}: {reason}", who.Name).WaitAsync(cancellationToken);
        }
        else
        {
            levels.Set(category, null);
            await RecordAsync(AuditKind.LogLevelChanged, $"{Name(category)} is logged as configured: {reason}", who.Name).WaitAsync(cancellationToken);
        }

        return levels.State;
    }

    public async ValueTask<DialogueTrace?> StartTraceAsync(DialogueChoice peer, TimeSpan lasts, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        if (dialogues.Start(peer, lasts, who.Name, reason) is not { } trace) return null;
        await RecordAsync(AuditKind.TraceStarted, $"{trace.Id}: {trace.Peer} until {Stamp(trace.Until)}: {reason}", who.Name).WaitAsync(cancellationToken);
        return trace;
    }

    public async ValueTask<DialogueTrace?> StopTraceAsync(string id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        var was = dialogues.All.FirstOrDefault(t => t.Id == id);
        if (dialogues.Stop(id) is not { } trace) return null;
        if (was is { IsOn: true }) await RecordAsync(AuditKind.TraceEnded, Describe(trace), who.Name).WaitAsync(cancellationToken);
        return trace;
    }

    public DialogueTrace? Trace(string id, OperatorIdentity who)
    {
        who.Demand(OperatorRight.Configure);
        return dialogues.Find(id);
    }

    public async ValueTask WriteSupportBundleAsync(Stream output, bool addresses, OperatorIdentity who, CancellationToken cancellationToken)
    {
        who.Demand(OperatorRight.Configure);
        await RecordAsync(AuditKind.SupportTaken, addresses ? "with addresses" : "without addresses", who.Name).WaitAsync(cancellationToken);
        await bundle.WriteAsync(output, addresses, cancellationToken);
    }

    private async Task RecordAsync(AuditKind kind, string detail, string? who)
    {
        try
        {
            if (await control.RecordAsync(kind, detail, who)) return;
        }
        catch (Exception fault) when (fault is SpoolUnavailableException or OperationCanceledException or ObjectDisposedException)
        {
            // Said below.
        }

        LogUnrecorded(kind.ToString(), detail, who ?? "-");
    }

    private static string Describe(DialogueTrace trace) => string.Create(CultureInfo.InvariantCulture, $"{trace.Id}: {trace.Peer}, {trace.Recorded} lines");

    private static string Name(string? category) => category ?? "everything";

    private static string Word(LogSeverity level) => level.ToString().ToLowerInvariant();

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    [LoggerMessage(5301, LogLevel.Warning, "The audit trail did not take {Kind}: {Detail} ({Who})")]
    private partial void LogUnrecorded(string kind, string detail, string who);
}
