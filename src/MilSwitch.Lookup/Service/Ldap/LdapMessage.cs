using System.Formats.Asn1;
using System.Text;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>LDAPMessage (RFC 4511 §4.1.1) as it was read.</summary>
/// <param name="Id">1 to 2³¹−1.</param>
/// <param name="Operation">Number of protocolOp's tag.</param>
/// <param name="Encoded">protocolOp.</param>
/// <param name="HasCriticalControl">There is a control that must not be passed over; none is known here (§4.1.11).</param>
internal readonly record struct LdapMessage(int Id, int Operation, ReadOnlyMemory<byte> Encoded, bool HasCriticalControl)
{
    private const int MostControls = 32;
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <exception cref="LdapFormatException">It is none.</exception>
    public static LdapMessage Read(ReadOnlyMemory<byte> octets)
    {
        try
        {
            var outer = new AsnReader(octets, AsnEncodingRules.BER);
            var message = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            // Zero is for what a server says of itself (§4.4).
            if (!message.TryReadInt32(out var id) || id < 1) throw new LdapFormatException("a message id that is none");
            var tag = message.PeekTag();
            if (tag.TagClass != TagClass.Application) throw new LdapFormatException("an operation that is none");
            var encoded = message.ReadEncodedValue();
            var controls = new Asn1Tag(TagClass.ContextSpecific, 0);
            // Elements behind those that are known are passed over (§4).
            var isCritical = message.HasData && message.PeekTag().HasSameClassAndValue(controls) && HasCritical(message.ReadSequence(controls));
            return new LdapMessage(id, tag.TagValue, encoded, isCritical);
        }
        catch (Exception fault) when (fault is AsnContentException or InvalidOperationException or ArgumentException)
        {
            throw new LdapFormatException("no LDAP message", cause: fault);
        }
    }

    /// <summary>LDAPString: UTF-8, never in pieces (§5.1).</summary>
    public static string ReadText(AsnReader reader, Asn1Tag? tag = null)
    {
        try
        {
            return Utf8.GetString(ReadOctets(reader, tag).Span);
        }
        catch (ArgumentException fault)
        {
            throw new LdapFormatException("a text that is not UTF-8", cause: fault);
        }
    }

    /// <summary>As a text to compare; null: it is no UTF-8, and equal to nothing.</summary>
    public static string? ReadValue(AsnReader reader, Asn1Tag? tag = null)
    {
        var octets = ReadOctets(reader, tag);
        return System.Text.Unicode.Utf8.IsValid(octets.Span) ? Utf8.GetString(octets.Span) : null;
    }

    public static ReadOnlyMemory<byte> ReadOctets(AsnReader reader, Asn1Tag? tag = null) =>
        reader.TryReadPrimitiveOctetString(out var octets, tag) ? octets : throw new LdapFormatException("a string in pieces (RFC 4511 §5.1)");

    private static bool HasCritical(AsnReader controls)
    {
        var isCritical = false;
        for (var count = 0; controls.HasData; count++)
        {
            if (count == MostControls) throw new LdapFormatException("too many controls");
            var control = controls.ReadSequence();
            ReadOctets(control);
            if (control.HasData && control.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)) isCritical |= control.ReadBoolean();
        }

        return isCritical;
    }
}
