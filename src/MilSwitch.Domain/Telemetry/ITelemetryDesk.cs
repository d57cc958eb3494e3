using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Telemetry;

/// <summary>
/// What a person does to look into one node while it runs: log levels, traces of SMTP dialogues, the support bundle. All of it is
/// of the node that is asked, is over by itself, and is audited. Thread-safe.
/// </summary>
public interface ITelemetryDesk
{
    /// <summary>The longest time for which a log level may differ.</summary>
    static TimeSpan LongestLogLevel { get; } = TimeSpan.FromHours(24);

    /// <summary>What is logged now.</summary>
    LogState Logging { get; }

    /// <summary>Traces that are kept, the newest first, without their lines.</summary>
    IReadOnlyList<DialogueTrace> Traces { get; }

    /// <summary>Changes what is logged, for a time; the configured level returns by itself.</summary>
    /// <param name="category">For loggers whose name begins so; null: for all.</param>
    /// <param name="level">Null: back to the configured level now.</param>
    /// <param name="lasts">More than nothing, up to <see cref="LongestLogLevel"/>.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">Needs <see cref="OperatorRight.Configure"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for the audit trail; the level is changed all the same.</param>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is out of its range.</exception>
    ValueTask<LogState> SetLogLevelAsync(string? category, LogSeverity? level, TimeSpan lasts, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Begins to record what is said with a peer; null: too many record already. Needs <see cref="OperatorRight.Configure"/>.</summary>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time is not from a second to <see cref="DialogueBoard.Longest"/>.</exception>
    ValueTask<DialogueTrace?> StartTraceAsync(DialogueChoice peer, TimeSpan lasts, string reason, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>Ends one before its time; null: there is none. Needs <see cref="OperatorRight.Configure"/>.</summary>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    ValueTask<DialogueTrace?> StopTraceAsync(string id, OperatorIdentity who, CancellationToken cancellationToken);

    /// <summary>With its lines, in which addresses stand; null: there is none. Needs <see cref="OperatorRight.Configure"/>.</summary>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    DialogueTrace? Trace(string id, OperatorIdentity who);

    /// <summary>
    /// Writes what somebody elsewhere needs to understand this node, as tar in gzip: no content of messages, no secrets, and no
    /// mail addresses unless <paramref name="addresses"/>. Needs <see cref="OperatorRight.Configure"/>.
    /// </summary>
    /// <exception cref="NotPermittedException">This person may not.</exception>
    ValueTask WriteSupportBundleAsync(Stream output, bool addresses, OperatorIdentity who, CancellationToken cancellationToken);
}
