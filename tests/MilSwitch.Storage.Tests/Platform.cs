using System.Runtime.Versioning;

// Signals, file modes, mounts.
[assembly: SupportedOSPlatform("linux")]
