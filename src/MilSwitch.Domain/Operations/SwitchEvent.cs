using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Operations;

/// <summary>Something that happened and is recorded: for those who watch, not for the trail. Never content, never secrets.</summary>
/// <param name="At">When it was decided.</param>
/// <param name="Type">Topic and what happened: <c>message.accepted</c>, <c>link.down</c>. The topic is what stands before the dot.</param>
public sealed record SwitchEvent(DateTimeOffset At, string Type)
{
    public MessageId? Message { get; init; }

    /// <summary>The recipient's index; −1: all or none.</summary>
    public int Recipient { get; init; } = -1;

    /// <summary>The message's level.</summary>
    public Precedence? Precedence { get; init; }

    /// <summary>The link, rule, alarm or file that it is about; null for messages.</summary>
    public string? Subject { get; init; }

    /// <summary>As in the audit trail.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Who did it, when it was a person; null: the switch.</summary>
    public string? Actor { get; init; }

    /// <summary>What stands before the dot of <see cref="Type"/>.</summary>
    public ReadOnlySpan<char> Topic => Type.AsSpan(0, Math.Max(Type.IndexOf('.', StringComparison.Ordinal), 0));
}
