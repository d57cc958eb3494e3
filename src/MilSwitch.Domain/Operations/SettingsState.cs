namespace MilSwitch.Domain.Operations;

/// <param name="Node">Name of the node.</param>
/// <param name="File">Where the configuration was read from.</param>
/// <param name="Since">In force since then.</param>
/// <param name="Tag">Another one for each configuration that comes into force.</param>
public sealed record SettingsState(string Node, string File, DateTimeOffset Since, string Tag);
