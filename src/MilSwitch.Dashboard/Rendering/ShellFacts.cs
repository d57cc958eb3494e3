namespace MilSwitch.Dashboard.Rendering;

/// <summary>What the page around a view shows of the switch.</summary>
/// <param name="Node">Which node answers.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Consoles">Where the consoles of the nodes are: those who watch go on at the next one when this one is lost.</param>
/// <param name="Alarms">How many stand that nobody has acknowledged.</param>
public sealed record ShellFacts(string Node, string Version, IReadOnlyList<string> Consoles, int Alarms);
