using System.Runtime.Versioning;

// Real processes, file systems and signals; one test at a time, because some of them saturate the machine.
[assembly: SupportedOSPlatform("linux")]
[assembly: AssemblyTrait("Category", "Integration")]
[assembly: CollectionBehavior(DisableTestParallelization = true)]
