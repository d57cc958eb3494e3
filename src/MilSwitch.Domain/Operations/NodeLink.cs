namespace MilSwitch.Domain.Operations;

/// <summary>A link as one node has it: its connections, and the messages whose owner that node is.</summary>
public sealed record NodeLink(string Node, LinkStatus Link);
