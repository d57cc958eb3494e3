using System.Formats.Asn1;

namespace MilSwitch.Smime.Asn1;

/// <summary>
/// <c>AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }</c>
/// (RFC 5280 §4.1.1.2). Immutable.
/// </summary>
/// <param name="Algorithm">In dotted form.</param>
/// <param name="Parameters">The encoded parameters as they were read; empty: absent, which is not the same as NULL.</param>
public readonly record struct AlgorithmIdentifier(string Algorithm, ReadOnlyMemory<byte> Parameters)
{
    private static readonly byte[] NullValue = [5, 0];

    /// <summary>With parameters absent.</summary>
    public AlgorithmIdentifier(string algorithm)
        : this(algorithm, default)
    {
    }

    /// <summary>An encoded NULL, as RSA and the digests of old want it.</summary>
    public static ReadOnlyMemory<byte> Null => NullValue;

    /// <summary>The parameters are absent or NULL, between which receivers must not tell (RFC 5754 §2).</summary>
    public bool HasNoParameters => Parameters.IsEmpty || Parameters.Span.SequenceEqual(NullValue);

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    public static AlgorithmIdentifier Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var algorithm = sequence.ReadObjectIdentifier();
        var parameters = sequence.HasData ? sequence.ReadEncodedValue() : default;
        sequence.ThrowIfNotEmpty();
        return new AlgorithmIdentifier(algorithm, parameters);
    }

    /// <inheritdoc cref="Read(AsnReader)"/>
    internal static AlgorithmIdentifier Read(ref BerCursor cursor)
    {
        var sequence = cursor.ReadSequence();
        var algorithm = sequence.ReadObjectIdentifier();
        var parameters = sequence.HasData ? sequence.ReadEncodedValue() : default;
        sequence.ThrowIfNotEmpty();
        return new AlgorithmIdentifier(algorithm, parameters);
    }

    /// <summary>Writes it.</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Algorithm);
            if (!Parameters.IsEmpty) writer.WriteEncodedValue(Parameters.Span);
        }
    }

    public bool Equals(AlgorithmIdentifier other) => Algorithm == other.Algorithm && Parameters.Span.SequenceEqual(other.Parameters.Span);

    public override int GetHashCode() => string.GetHashCode(Algorithm, StringComparison.Ordinal);
}
