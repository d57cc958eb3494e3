using MilSwitch.Labels.Policies;
using MilSwitch.Testing;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>The policies that ship under <c>config/policies</c>.</summary>
internal static class SamplePolicies
{
    public static SecurityPolicy Alfa { get; } = SpifReader.Read(Octets("alfa"));

    public static SecurityPolicy Bravo { get; } = SpifReader.Read(Octets("bravo"));

    public static SecurityPolicy Coalition { get; } = SpifReader.Read(Octets("coalition"));

    public static PolicySet All { get; } = new([Alfa, Bravo, Coalition]);

    public static byte[] Octets(string name) => File.ReadAllBytes(Path.Combine(Workspace.RepositoryRoot, "config", "policies", name + ".xml"));
}
