namespace MilSwitch.Acp127;

/// <summary>Why octets are no message. Immutable.</summary>
/// <param name="Line">The line as it was received, from 1; 0: the whole.</param>
/// <param name="FormatLine">Of ACP 127, 1 to 16; 0: it can't be told.</param>
/// <param name="Reason">For an operator; holds nothing of the message.</param>
public sealed record Acp127Garble(int Line, int FormatLine, string Reason);
