using System.Collections.Immutable;

namespace MilSwitch.Domain.Lists;

/// <summary>How far the expansion of the lists among a message's recipients has come; stored with each copy. Immutable.</summary>
/// <param name="After">By the number of the recipient: the last member served.</param>
/// <param name="Only">Members for whom the message is, of all that the list has; empty: for all.</param>
public sealed record ExpansionProgress(ImmutableDictionary<int, string> After, ImmutableArray<string> Only)
{
    public static ExpansionProgress None { get; } = new(ImmutableDictionary<int, string>.Empty, []);
}
