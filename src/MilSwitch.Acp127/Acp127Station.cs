using MilSwitch.Domain.Addressing;

namespace MilSwitch.Acp127;

/// <summary>An organisation as both worlds know it. Immutable.</summary>
/// <param name="Name">Its plain language address.</param>
/// <param name="Routing">The routing indicator by which ACP 127 reaches it; null: no line leads there.</param>
/// <param name="Mail">Its mail address; null: it has none.</param>
public sealed record Acp127Station(string Name, string? Routing, Mailbox? Mail);
