namespace MilSwitch.Smime.Making;

/// <summary>What was ordered can't be done without breaking a rule; nothing was made. The text names the rule, never the message's contents.</summary>
public sealed class MakingRefusedException(MakingRefusal reason, string message, Exception? cause = null) : Exception(message, cause)
{
    public MakingRefusal Reason { get; } = reason;
}
