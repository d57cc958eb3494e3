namespace MilSwitch.Acp127;

/// <summary>Why mail can't be carried by ACP 127. Immutable.</summary>
/// <param name="Field">The header field, or <c>Content</c> for the text, or <c>Recipient</c>.</param>
/// <param name="Reason">For the originator: printable ASCII, and nothing of what others wrote.</param>
public sealed record Acp127Fault(string Field, string Reason)
{
    public override string ToString() => $"{Field}: {Reason}";
}
