using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Smtp.Server.Direct;

/// <summary>What became of a message that was handed in without SMTP.</summary>
/// <param name="Id">The accepted message; meaningless with a refusal.</param>
/// <param name="Refusal">The answer that a client would have heard; null: it was accepted, and is durable.</param>
public sealed record DirectResult(MessageId Id, SmtpReply? Refusal)
{
    /// <summary>The recipient because of whom it was refused; null: because of none.</summary>
    public Mailbox? Recipient { get; init; }

    /// <summary>With a refusal: what is to be mended, in place of its text; null: that text.</summary>
    public string? Detail { get; init; }

    /// <summary>Every field for which it was refused; empty for other reasons.</summary>
    public IReadOnlyList<FieldFault> Faults { get; init; } = [];

    /// <summary>It was accepted at this level, which is lower than what it asked for; null: at the level that it asked for.</summary>
    public MtPriority? PriorityLowered { get; init; }

    /// <summary>The refusal in words: of the field, or of the reply.</summary>
    public string Text => Detail ?? Refusal?.Text ?? "";

    internal static DirectResult Refused(SmtpReply reply, Mailbox? recipient = null) => new(default, reply) { Recipient = recipient };
}
