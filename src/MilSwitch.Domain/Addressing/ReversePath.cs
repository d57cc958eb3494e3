namespace MilSwitch.Domain.Addressing;

/// <summary>RFC 5321 §4.5.5: where reports go; empty for messages that must never cause a report.</summary>
public readonly record struct ReversePath(Mailbox? Mailbox)
{
    public static ReversePath Null => default;

    public bool IsNull => Mailbox is null;

    /// <summary>Without angle brackets; empty for the null path.</summary>
    public override string ToString() => Mailbox?.ToString() ?? "";
}
