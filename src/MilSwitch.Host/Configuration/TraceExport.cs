namespace MilSwitch.Host.Configuration;

/// <summary>Where spans of messages go.</summary>
/// <param name="Endpoint">A collector that takes OTLP over HTTP, with the path for traces.</param>
/// <param name="Headers">As <c>name=value,…</c>; a secret. Null: none.</param>
/// <param name="Sample">Which share of the messages is traced, above 0 and up to 1.</param>
public sealed record TraceExport(Uri Endpoint, string? Headers, double Sample);
