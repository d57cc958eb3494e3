namespace MilSwitch.Domain.Labelling;

/// <summary>The security label by which a message is handled, as the switch remembers it. Equal when the octets are. Immutable.</summary>
/// <param name="Encoded">An <c>ESSSecurityLabel</c> (RFC 2634 §3.2) in DER.</param>
public sealed record MessageLabel(ReadOnlyMemory<byte> Encoded)
{
    public bool Equals(MessageLabel? other) => other is not null && Encoded.Span.SequenceEqual(other.Encoded.Span);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Encoded.Span);
        return hash.ToHashCode();
    }
}
