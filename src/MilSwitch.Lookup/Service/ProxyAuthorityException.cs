namespace MilSwitch.Lookup.Service;

/// <summary>An authority can't be made of these settings. The message is for the operator and says which one it is.</summary>
public sealed class ProxyAuthorityException(string message, Exception? cause = null) : Exception(message, cause);
