using System.Collections.Immutable;

namespace MilSwitch.Domain.Releases;

/// <summary>What is known of a draft's release. Immutable.</summary>
/// <param name="Rule">Name of the rule that asks for it.</param>
/// <param name="Digest">SHA-256 of its content, in hexadecimal: what is released is this and nothing else.</param>
/// <param name="Authors">Addresses of its authors.</param>
/// <param name="Shown">Addresses that its own header names and its own signatures prove.</param>
/// <param name="Given">What was said at the desk, oldest first.</param>
/// <param name="Asked">Addresses that were asked by mail.</param>
public sealed record ReleaseProgress(
    string Rule, string Digest, ImmutableArray<string> Authors, ImmutableArray<string> Shown, ImmutableArray<ReleaseWord> Given, ImmutableArray<string> Asked)
{
    /// <summary>All who have released it, in their order, each once.</summary>
    public ImmutableArray<string> By => [.. Shown.Concat(Given.Select(g => g.Address)).Distinct(StringComparer.Ordinal)];
}
