using System.Runtime.Versioning;

// Signals, /proc and file modes.
[assembly: SupportedOSPlatform("linux")]
