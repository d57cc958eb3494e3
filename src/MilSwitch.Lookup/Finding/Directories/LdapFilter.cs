using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>
/// A filter of a search (RFC 4511 §4.5.1.7). It is written in BER, where values have lengths, so no value can become a filter
/// of its own; the text of RFC 4515 is for people. Immutable.
/// </summary>
internal abstract record LdapFilter
{
    private LdapFilter()
    {
    }

    /// <summary>Writes it.</summary>
    public abstract void Write(AsnWriter writer);

    private static Asn1Tag Tag(int number) => new(TagClass.ContextSpecific, number);

    /// <summary>The attribute has exactly this value, by the rule of the attribute.</summary>
    public sealed record Equal(string Attribute, string Value) : LdapFilter
    {
        public override void Write(AsnWriter writer)
        {
            using var assertion = writer.PushSequence(Tag(3));
            writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute));
            writer.WriteOctetString(Encoding.UTF8.GetBytes(Value));
        }

        public override string ToString() => $"({Attribute}={Escape(Value)})";
    }

    /// <summary>The attribute is there.</summary>
    public sealed record Present(string Attribute) : LdapFilter
    {
        public override void Write(AsnWriter writer) => writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute), Tag(7));

        public override string ToString() => $"({Attribute}=*)";
    }

    /// <summary>One of them holds.</summary>
    public sealed record Any(ImmutableArray<LdapFilter> Of) : LdapFilter
    {
        public override void Write(AsnWriter writer)
        {
            using var set = writer.PushSetOf(Tag(1));
            foreach (var filter in Of) filter.Write(writer);
        }

        public override string ToString() => $"(|{string.Concat(Of)})";
    }

    /// <summary>A value in the text of a filter (RFC 4515 §3): what has a meaning there, and all that is not printable ASCII, in hex.</summary>
    public static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(value))
        {
            if (octet is > 0x20 and < 0x7f && octet is not ((byte)'*' or (byte)'(' or (byte)')' or (byte)'\\')) text.Append((char)octet);
            else text.Append(CultureInfo.InvariantCulture, $"\\{octet:x2}");
        }

        return text.ToString();
    }
}
