using System.Formats.Asn1;
using System.Text;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>Writes answers. Pure.</summary>
internal static class LdapWriter
{
    /// <summary>LDAPResult in the answer to an operation (RFC 4511 §4.1.9).</summary>
    /// <param name="operation">The answer's tag.</param>
    /// <param name="text">For the people at the client, in plain words.</param>
    /// <param name="extension">responseName of ExtendedResponse; null: none.</param>
    public static byte[] Result(int id, int operation, LdapResult result, string text = "", string? extension = null) => Message(id, writer =>
    {
        using (writer.PushSequence(LdapOperation.Tag(operation)))
        {
            writer.WriteEnumeratedValue(result);
            writer.WriteOctetString([]);
            writer.WriteOctetString(Encoding.UTF8.GetBytes(text));
            if (extension is not null) writer.WriteOctetString(Encoding.ASCII.GetBytes(extension), new Asn1Tag(TagClass.ContextSpecific, 10));
        }
    });

    /// <summary>Notice of Disconnection (RFC 4511 §4.4.1).</summary>
    public static byte[] Disconnection(LdapResult result) => Result(0, LdapOperation.ExtendedResponse, result, "", LdapOperation.NoticeOfDisconnection);

    /// <summary>SearchResultEntry (RFC 4511 §4.5.2) with the attributes that are wanted.</summary>
    public static byte[] Entry(int id, LdapEntry entry, LdapSearch search, IReadOnlyList<Certificate> certificates) => Message(id, writer =>
    {
        using (writer.PushSequence(LdapOperation.Tag(LdapOperation.SearchResultEntry)))
        {
            Text(writer, entry.Name);
            using (writer.PushSequence())
            {
                if (search.WantsNothing) return;
                foreach (var (name, values) in entry.Values)
                {
                    if (search.Wants(name)) Attribute(writer, name, search.TypesOnly ? [] : [.. values.Select(Encoding.UTF8.GetBytes)]);
                }

                // With its transfer option, which its syntax demands (RFC 4523 §2.1).
                if (certificates.Count > 0 && search.Wants(LdapAttributes.UserCertificate))
                    Attribute(writer, LdapAttributes.UserCertificate + ";binary", search.TypesOnly ? [] : [.. certificates.Select(c => c.Encoded.ToArray())]);
            }
        }
    });

    private static void Attribute(AsnWriter writer, string name, byte[][] values)
    {
        using (writer.PushSequence())
        {
            Text(writer, name);
            // The order in a SET says nothing in BER, and the preferred certificate should be met first.
            using (writer.PushSetOf())
            {
                foreach (var value in values) writer.WriteOctetString(value);
            }
        }
    }

    private static void Text(AsnWriter writer, string text) => writer.WriteOctetString(Encoding.UTF8.GetBytes(text));

    private static byte[] Message(int id, Action<AsnWriter> operation)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER, 2_048);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            operation(writer);
        }

        return writer.Encode();
    }
}
