using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>What a Received field says (RFC 5321 §4.4). Everything the client said is hostile and is judged when the field is written.</summary>
/// <param name="Host">The name of this switch.</param>
/// <param name="Helo">What the client called itself.</param>
/// <param name="ClientAddress">Its IP address, without port; empty for messages of our own making.</param>
/// <param name="Tls">Protocol and cipher suite, or null; the suite's registered name is recorded (RFC 8314 §4.3).</param>
/// <param name="Authenticated">RFC 3848: the <c>A</c> in ESMTPA.</param>
/// <param name="SmtpUtf8">RFC 6531 §4.3: the UTF8SMTP family of protocol names.</param>
/// <param name="Id">The switch's own name for the message.</param>
/// <param name="Priority">MT-PRIORITY as the client gave it; null: no clause.</param>
/// <param name="Date">When it was received.</param>
/// <param name="Recipient">Only for messages with a single recipient (RFC 5321 §7.2); else null.</param>
public readonly record struct ReceivedTrace(
    string Host, string Helo, string ClientAddress, string? Tls, bool Authenticated, bool SmtpUtf8, MessageId Id, MtPriority? Priority,
    DateTimeOffset Date, Mailbox? Recipient)
{
    /// <summary>It came by no mail protocol: there is no client to be named.</summary>
    public bool IsDirect { get; init; }
}
