namespace MilSwitch.Smime.Tokens;

/// <summary>A token did not do what its operator asked. The message is for the operator.</summary>
public sealed class TokenException(string message, Exception? cause = null) : Exception(message, cause);
