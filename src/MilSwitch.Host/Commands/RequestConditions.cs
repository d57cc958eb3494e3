namespace MilSwitch.Host.Commands;

/// <summary>What a request asks besides its body.</summary>
/// <param name="Key">Done once for this key, however often it is sent.</param>
/// <param name="Tag">Only when the state in force still has this tag.</param>
/// <param name="Patience">How long until the answer begins; null: a minute.</param>
internal readonly record struct RequestConditions(string? Key = null, string? Tag = null, TimeSpan? Patience = null);
