using System.Runtime.Versioning;

// Real servers are started by tests, on Linux.
[assembly: SupportedOSPlatform("linux")]
