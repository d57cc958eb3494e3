using System.Formats.Asn1;

namespace MilSwitch.Smime.Ess;

/// <summary><c>SecurityCategory ::= SEQUENCE { type [0] OBJECT IDENTIFIER, value [1] ANY DEFINED BY type }</c> (RFC 2634 §3.2). Immutable.</summary>
/// <param name="Type">Dotted.</param>
/// <param name="Value">Encoded, inside the explicit tag.</param>
public readonly record struct SecurityCategory(string Type, ReadOnlyMemory<byte> Value)
{
    public bool Equals(SecurityCategory other) => Type == other.Type && Value.Span.SequenceEqual(other.Value.Span);

    public override int GetHashCode() => HashCode.Combine(Type, Value.Length);

    internal static SecurityCategory Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var type = sequence.ReadObjectIdentifier(EssValue.Context(0));
        // ANY is a CHOICE of everything, so its tag is explicit (X.680 §31.2.7).
        var wrapper = sequence.ReadSequence(EssValue.Context(1, isConstructed: true));
        sequence.ThrowIfNotEmpty();
        var value = wrapper.ReadEncodedValue();
        wrapper.ThrowIfNotEmpty();
        return new SecurityCategory(type, value);
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Type, EssValue.Context(0));
            using (writer.PushSequence(EssValue.Context(1, isConstructed: true))) writer.WriteEncodedValue(Value.Span);
        }
    }
}
