using System.Collections.Immutable;
using MilSwitch.Acp127;

namespace MilSwitch.Host.Configuration;

/// <summary>The edge to ACP 127 domains. Immutable.</summary>
public sealed record Acp127Configuration
{
    public static Acp127Configuration None { get; } = new();

    public Acp127Directory Directory { get; init; } = Acp127Directory.Empty;

    public ImmutableArray<Acp127Line> Lines { get; init; } = [];

    public Acp127Line? Find(string name) => Lines.FirstOrDefault(l => l.Name == name);
}
