using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>What a report says of itself on the other side of a boundary, in place of what came. Immutable.</summary>
public sealed record ReportRewriting
{
    /// <summary>The name of this switch: the only host that is named.</summary>
    public required string Host { get; init; }

    /// <summary>Address of the From field; MAILER-DAEMON at this switch when it is no ASCII address.</summary>
    public string From { get; init; } = "";

    /// <summary>Whom it goes to.</summary>
    public required Mailbox To { get; init; }

    /// <summary>Names the new message.</summary>
    public required MessageId Id { get; init; }

    /// <summary>The ENVID by which the originator knows the message, in place of that of the copy; null: it gave none.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>The Message-ID by which the originator knows the message; null: none is said.</summary>
    public string? OriginalMessageId { get; init; }

    /// <summary>What is known here of the original by itself; null: nothing is said, and nothing of it is taken from what came.</summary>
    public OriginalFacts? Facts { get; init; }

    public required DateTimeOffset Now { get; init; }
}
