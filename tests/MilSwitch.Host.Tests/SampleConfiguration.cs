using System.Text.RegularExpressions;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

/// <summary>Judges a configuration that a deployment brings along, as the node in it would.</summary>
internal static partial class SampleConfiguration
{
    // Keys of parts that are joined with this tree from elsewhere; a reader that knows them has none of these problems.
    private static readonly string[] Coming =
    [
        "store.provider: this version has no PostgreSQL store; use sqlite",
        "store.connection: unknown key",
        "cluster.tls: unknown key",
        "cluster: needs a store that nodes can share: store.provider is to be postgres",
    ];

    /// <summary>The configuration, without what it says of store and cluster; asserts that there is no problem in any of it.</summary>
    /// <param name="text">The file.</param>
    /// <param name="folder">Where it is written.</param>
    /// <param name="variables">The environment of the node.</param>
    public static NodeConfiguration Judge(string text, string folder, Func<string, string?> variables)
    {
        var file = Path.Combine(folder, "milswitch.yaml");
        File.WriteAllText(file, text);
        Assert.Empty(ConfigurationReader.Read(file, variables).Problems.Where(p => !Coming.Any(c => $"{p.Key}: {p.Text}".StartsWith(c, StringComparison.Ordinal))));
        File.WriteAllText(file, Shared().Replace(text, ""));
        var alone = ConfigurationReader.Read(file, variables);
        Assert.Empty(alone.Problems);
        return alone.Configuration!;
    }

    [GeneratedRegex(@"(?m)^(?:store|cluster):\n(?:[ #].*\n)+")]
    private static partial Regex Shared();
}
