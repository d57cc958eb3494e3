using System.Globalization;

namespace MilSwitch.Host.Telemetry;

/// <summary>The last lines of the log, for the support bundle. Thread-safe.</summary>
public sealed class LogRing(TimeProvider time) : ILoggerProvider
{
    /// <summary>Lines that are kept.</summary>
    public const int Most = 2000;

    private const int LongestLine = 2000;

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new(Most);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate) return [.. lines];
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        lock (gate)
        {
            if (lines.Count == Most) lines.Dequeue();
            lines.Enqueue(line);
        }
    }

    private sealed class Writer(LogRing ring, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{ring.Now:yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel} {category}[{eventId.Id}] {formatter(state, exception)}{(exception is null ? "" : " " + exception)}");
            ring.Add(Commands.Text.Printable(text.Length > LongestLine ? text[..LongestLine] + "…" : text));
        }
    }
}
