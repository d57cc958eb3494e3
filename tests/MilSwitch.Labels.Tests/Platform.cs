using System.Runtime.Versioning;

// The shared material's reader lives among what tests need of Linux.
[assembly: SupportedOSPlatform("linux")]
