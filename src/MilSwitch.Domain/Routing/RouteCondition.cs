using System.Collections.Immutable;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Routing;

/// <summary>What a route demands of a message beside its address: of each list that is not empty, one entry. Immutable.</summary>
public sealed record RouteCondition
{
    /// <summary>One of the message's subject indicator codes is one of these.</summary>
    public ImmutableArray<SicPattern> Codes { get; init; } = [];

    /// <summary>Its type is one of these.</summary>
    public ImmutableArray<int> Types { get; init; } = [];

    /// <summary>It travels to this recipient at one of these levels.</summary>
    public ImmutableArray<Precedence> Levels { get; init; } = [];

    /// <summary>One of its message or handling instructions is one of these, in any case of letters.</summary>
    public ImmutableArray<string> Instructions { get; init; } = [];

    /// <summary>A message fulfils it.</summary>
    /// <param name="level">At which it travels to the recipient.</param>
    /// <param name="facts">Of its header.</param>
    public bool Holds(Precedence level, MilitaryFacts facts) =>
        (Levels.IsEmpty || Levels.Contains(level))
        && (Types.IsEmpty || (facts.Type is { } type && Types.Contains(type)))
        && (Codes.IsEmpty || facts.Codes.Any(code => Codes.Any(pattern => pattern.Matches(code))))
        && (Instructions.IsEmpty || facts.Instructions.Any(said => Instructions.Contains(said, StringComparer.OrdinalIgnoreCase)));

    public override string ToString()
    {
        var parts = new List<string>();
        if (!Codes.IsEmpty) parts.Add("sic " + string.Join(", ", Codes));
        if (!Types.IsEmpty) parts.Add("type " + string.Join(", ", Types));
        if (!Levels.IsEmpty) parts.Add("precedence " + string.Join(", ", Levels.Select(l => l.Keyword())));
        if (!Instructions.IsEmpty) parts.Add("instructions " + string.Join(", ", Instructions));
        return string.Join("; ", parts);
    }
}
