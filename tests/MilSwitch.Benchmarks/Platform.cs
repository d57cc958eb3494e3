using System.Runtime.Versioning;

// Clocks, modules and libraries of Debian.
[assembly: SupportedOSPlatform("linux")]
