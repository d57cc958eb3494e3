namespace MilSwitch.Smime.Keys;

/// <summary>A key can't be used now: its token is away, locked or not answering. Trying later may help; another key never replaces it.</summary>
public sealed class KeyUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
