using MilSwitch.Labels.Decisions;

namespace MilSwitch.Host.Configuration;

/// <summary>Whose content somebody may see.</summary>
/// <param name="Name">The person; null: anybody.</param>
/// <param name="Clearance">Up to what.</param>
/// <param name="Unlabelled">Messages without a label as well.</param>
public sealed record ViewerClearance(string? Name, Clearance Clearance, bool Unlabelled);
