using System.Runtime.Versioning;

// Unix sockets and file modes.
[assembly: SupportedOSPlatform("linux")]
