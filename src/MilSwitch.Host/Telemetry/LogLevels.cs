using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using MilSwitch.Domain.Telemetry;

namespace MilSwitch.Host.Telemetry;

/// <summary>
/// Levels that differ from the configured ones for a time. They become rules of the loggers, so that nothing is asked when a line
/// is written; each returns by itself. Thread-safe.
/// </summary>
public sealed class LogLevels : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    /// <summary>Categories that differ at once.</summary>
    public const int Most = 20;

    private readonly LogLevel configured;
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private ImmutableArray<ChangedLogLevel> changed = [];
    private CancellationTokenSource source = new();

    public LogLevels(LogLevel configured, TimeProvider time)
    {
        (this.configured, this.time) = (configured, time);
        timer = time.CreateTimer(_ => Return(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told of what returned by itself.</summary>
    public event Action<ChangedLogLevel>? Returned;

    public LogState State
    {
        get
        {
            lock (gate) return new LogState(Severity(configured), [.. changed.Where(c => c.Until > time.GetUtcNow())]);
        }
    }

    string? IOptionsChangeTokenSource<LoggerFilterOptions>.Name => Options.DefaultName;

    /// <summary>False: too many differ already.</summary>
    /// <param name="category">Null: all.</param>
    /// <param name="next">Null: back to what is configured.</param>
    public bool Set(string? category, ChangedLogLevel? next)
    {
        lock (gate)
        {
            var rest = changed.RemoveAll(c => c.Category == category);
            if (next is not null && rest.Length >= Most) return false;
            changed = next is null ? rest : rest.Add(next);
            Plan();
        }

        Tell();
        return true;
    }

    public void Configure(LoggerFilterOptions options)
    {
        ImmutableArray<ChangedLogLevel> now;
        lock (gate) now = changed;
        foreach (var change in now)
        {
            if (change.Category is null) options.MinLevel = Level(change.Level);
            else options.Rules.Add(new LoggerFilterRule(null, change.Category, Level(change.Level), null));
        }
    }

    public IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref source).Token);

    public void Dispose()
    {
        timer.Dispose();
        source.Dispose();
    }

    private void Return()
    {
        List<ChangedLogLevel> over;
        lock (gate)
        {
            var now = time.GetUtcNow();
            over = [.. changed.Where(c => c.Until <= now)];
            changed = changed.RemoveAll(c => c.Until <= now);
            Plan();
        }

        if (over.Count is 0) return;
        Tell();
        foreach (var change in over) Returned?.Invoke(change);
    }

    private void Plan()
    {
        if (changed.IsEmpty)
        {
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        var next = changed.Min(c => c.Until) - time.GetUtcNow();
        timer.Change(next > TimeSpan.Zero ? next : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    // Whoever listens asks for the next token before this returns.
    private void Tell()
    {
        using var old = Interlocked.Exchange(ref source, new CancellationTokenSource());
        old.Cancel();
    }

    private static LogSeverity Severity(LogLevel level) => (LogSeverity)Math.Min((int)level, (int)LogSeverity.Critical);

    private static LogLevel Level(LogSeverity severity) => (LogLevel)severity;
}
