namespace MilSwitch.Smime.Headers;

/// <summary>A message taken apart for protection. Its payload is head and body, so that a large body need not be copied.</summary>
/// <param name="PayloadHead">Header of the MIME entity to sign and encrypt, with the empty line.</param>
/// <param name="PayloadBody">What follows: the message's own octets, unless something had to be put into them.</param>
/// <param name="OuterFields">What stands before the fields of the protected entity: whole fields with their line ends, no empty line.</param>
public sealed record ProtectedMessage(ReadOnlyMemory<byte> PayloadHead, ReadOnlyMemory<byte> PayloadBody, ReadOnlyMemory<byte> OuterFields)
{
    /// <summary>Of <see cref="OuterFields"/> those that nobody added in transit (RFC 9788 §7).</summary>
    public ReadOnlyMemory<byte> ComposedFields { get; init; }

    /// <summary>The payload in one piece: a copy.</summary>
    public ReadOnlyMemory<byte> Payload => (byte[])[.. PayloadHead.Span, .. PayloadBody.Span];
}
