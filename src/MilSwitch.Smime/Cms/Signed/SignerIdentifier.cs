using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// <c>SignerIdentifier ::= CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, subjectKeyIdentifier [0] SubjectKeyIdentifier }</c>
/// (RFC 5652 §5.3). Immutable.
/// </summary>
/// <param name="Issuer">Encoded name; empty in the other choice.</param>
/// <param name="Serial">Contents octets of the number; empty in the other choice.</param>
/// <param name="SubjectKeyIdentifier">Empty in the first choice.</param>
public readonly record struct SignerIdentifier(ReadOnlyMemory<byte> Issuer, ReadOnlyMemory<byte> Serial, ReadOnlyMemory<byte> SubjectKeyIdentifier)
{
    private static readonly Asn1Tag KeyIdentifierTag = new(TagClass.ContextSpecific, 0);

    /// <summary>It names the certificate by its key identifier and not by issuer and serial number.</summary>
    public bool IsKeyIdentifier => Issuer.IsEmpty;

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="AsnContentException">It is not one.</exception>
    public static SignerIdentifier Read(AsnReader reader)
    {
        var cursor = new BerCursor(reader.ReadEncodedValue());
        return Read(ref cursor);
    }

    /// <inheritdoc cref="Read(AsnReader)"/>
    internal static SignerIdentifier Read(ref BerCursor reader)
    {
        if (reader.PeekTag().HasSameClassAndValue(KeyIdentifierTag)) return new SignerIdentifier(default, default, reader.ReadOctetString(KeyIdentifierTag));
        var sequence = reader.ReadSequence();
        var issuer = sequence.ReadEncodedValue();
        var serial = sequence.ReadIntegerBytes();
        sequence.ThrowIfNotEmpty();
        return new SignerIdentifier(issuer, serial, default);
    }

    /// <summary>Of a certificate; by its key identifier only where it has one.</summary>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public static SignerIdentifier Of(ReadOnlyMemory<byte> certificate, bool byKeyIdentifier = false)
    {
        var frame = CertificateFrame.Read(certificate);
        return byKeyIdentifier && !frame.SubjectKeyIdentifier.IsEmpty
            ? new SignerIdentifier(default, default, frame.SubjectKeyIdentifier)
            : new SignerIdentifier(frame.Issuer, frame.Serial, default);
    }

    /// <summary>Writes it.</summary>
    public void Write(AsnWriter writer)
    {
        if (IsKeyIdentifier)
        {
            writer.WriteOctetString(SubjectKeyIdentifier.Span, KeyIdentifierTag);
            return;
        }

        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(Issuer.Span);
            writer.WriteInteger(Serial.Span);
        }
    }

    /// <summary>It names this certificate.</summary>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public bool Names(ReadOnlyMemory<byte> certificate) => Names(CertificateFrame.Read(certificate));

    /// <summary>It names this certificate, whose frame was checked with what holds it. False: also what is no certificate.</summary>
    internal bool NamesChecked(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            if (IsKeyIdentifier) return Names(certificate);
            CertificateFrame.ReadName(certificate, out var issuer, out var serial);
            return serial.Span.SequenceEqual(Serial.Span) && issuer.Span.SequenceEqual(Issuer.Span);
        }
        catch (Exception fault) when (fault is CmsFormatException or AsnContentException)
        {
            return false;
        }
    }

    internal bool Names(CertificateFrame certificate) => IsKeyIdentifier
        ? certificate.SubjectKeyIdentifier.Span.SequenceEqual(SubjectKeyIdentifier.Span)
        : certificate.Serial.Span.SequenceEqual(Serial.Span) && certificate.Issuer.Span.SequenceEqual(Issuer.Span);

    public bool Equals(SignerIdentifier other) => Issuer.Span.SequenceEqual(other.Issuer.Span) && Serial.Span.SequenceEqual(other.Serial.Span)
        && SubjectKeyIdentifier.Span.SequenceEqual(other.SubjectKeyIdentifier.Span);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Serial.Span);
        hash.AddBytes(SubjectKeyIdentifier.Span);
        return hash.ToHashCode();
    }
}
