using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

/// <summary>Judges a configuration that a deployment brings along, as the node in it would.</summary>
internal static class SampleConfiguration
{
    /// <summary>The configuration; asserts that there is no problem in it.</summary>
    /// <param name="text">The file.</param>
    /// <param name="folder">Where it is written.</param>
    /// <param name="variables">The environment of the node.</param>
    public static NodeConfiguration Judge(string text, string folder, Func<string, string?> variables)
    {
        var file = Path.Combine(folder, "milswitch.yaml");
        File.WriteAllText(file, text);
        var result = ConfigurationReader.Read(file, variables: variables);
        Assert.Empty(result.Problems);
        return result.Configuration!;
    }
}
