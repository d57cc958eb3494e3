using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Smtp.Server.Direct;

/// <summary>A message that is handed in without SMTP: what MAIL, RCPT and the content would have said.</summary>
/// <param name="From">The reverse path.</param>
/// <param name="Recipients">In their order; each address once.</param>
/// <param name="Content">All octets, with CRLF line ends.</param>
public sealed record DirectMessage(ReversePath From, ImmutableArray<Recipient> Recipients, ReadOnlyMemory<byte> Content)
{
    /// <summary>RFC 3461 §4.3.</summary>
    public DsnReturn Return { get; init; }

    /// <summary>RFC 3461 §4.4; null: none.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>RFC 2852, by the rules of the listener; null: nothing is asked.</summary>
    public DeliverBy? DeliverBy { get; init; }

    /// <summary>Becomes true in the same commit as the message; null: nothing does.</summary>
    public StoredDocument? Beside { get; init; }
}
