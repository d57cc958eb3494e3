using System.Runtime.Versioning;

// Each test has a node of its own, and waits for it more than it works.
[assembly: SupportedOSPlatform("linux")]
[assembly: AssemblyTrait("Category", "Integration")]
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

/// <summary>What needs the machine for itself, or counts what the whole process does: one test at a time, after all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
