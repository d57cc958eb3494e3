namespace MilSwitch.Domain.Telemetry;

/// <summary>A level other than the configured one, for a time.</summary>
/// <param name="Category">For loggers whose name begins so; null: for all.</param>
/// <param name="Level">What is logged.</param>
/// <param name="Until">When the configured level returns by itself.</param>
/// <param name="By">Who ordered it.</param>
/// <param name="Reason">Why.</param>
public sealed record ChangedLogLevel(string? Category, LogSeverity Level, DateTimeOffset Until, string By, string Reason);
