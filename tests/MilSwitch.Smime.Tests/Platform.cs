using System.Runtime.Versioning;

// Modules, file modes and programs of Debian.
[assembly: SupportedOSPlatform("linux")]
