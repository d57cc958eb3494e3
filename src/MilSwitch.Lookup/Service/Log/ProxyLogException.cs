namespace MilSwitch.Lookup.Service.Log;

/// <summary>The log takes nothing now, or is not the one that was written.</summary>
public sealed class ProxyLogException(string message, Exception? cause = null) : Exception(message, cause);
