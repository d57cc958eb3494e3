using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>The few messages of LDAP that a search needs (RFC 4511 §4). Pure.</summary>
internal static class LdapMessages
{
    public const int BindResponse = 1;
    public const int SearchEntry = 4;
    public const int SearchDone = 5;
    public const int SearchReference = 19;

    private const int Referral = 10;

    /// <summary>A simple bind; both empty: anonymous (RFC 4513 §5.1).</summary>
    public static byte[] Bind(int id, string name, ReadOnlySpan<byte> secret)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using var bind = writer.PushSequence(Application(0));
            writer.WriteInteger(3);
            writer.WriteOctetString(Encoding.UTF8.GetBytes(name));
            writer.WriteOctetString(secret, new Asn1Tag(TagClass.ContextSpecific, 0));
        }

        return writer.Encode();
    }

    public static byte[] Search(int id, LdapSearch search, TimeSpan timeLimit)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using var request = writer.PushSequence(Application(3));
            writer.WriteOctetString(Encoding.UTF8.GetBytes(search.Base));
            writer.WriteEncodedValue([0x0A, 0x01, search.IsSubtree ? (byte)2 : (byte)0]);
            // neverDerefAliases: an alias leads to a place that nobody configured.
            writer.WriteEncodedValue([0x0A, 0x01, 0x00]);
            writer.WriteInteger(search.MostEntries);
            writer.WriteInteger(Math.Max(1, (int)timeLimit.TotalSeconds));
            writer.WriteBoolean(false);
            search.Filter.Write(writer);
            using var attributes = writer.PushSequence();
            foreach (var attribute in search.Attributes) writer.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
        }

        return writer.Encode();
    }

    public static byte[] Unbind(int id)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            writer.WriteNull(Application(2));
        }

        return writer.Encode();
    }

    /// <summary>Opens a message and says which it is.</summary>
    /// <exception cref="LdapException">It is none, or no answer to this question.</exception>
    public static (int Kind, AsnReader Body) Open(ReadOnlyMemory<byte> message, int id)
    {
        try
        {
            var outer = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
            if (!outer.TryReadInt32(out var number)) throw new LdapException("the directory numbers its answers beyond reason");
            var tag = outer.PeekTag();
            if (tag.TagClass != TagClass.Application) throw new LdapException("the directory answers in another protocol");
            // RFC 4511 §4.4.1: a notice of disconnection has the number 0.
            if (number is 0) throw new LdapException("the directory closes the connection");
            if (number != id) throw new LdapException("the directory answers a question that was not asked");
            return (tag.TagValue, tag.TagValue is SearchReference ? outer : outer.ReadSequence(tag));
        }
        catch (AsnContentException fault)
        {
            throw new LdapException("the directory's answer can't be read", fault);
        }
    }

    /// <summary>Reads an LDAPResult (§4.1.9): throws unless it is a success.</summary>
    /// <exception cref="LdapException">It tells of a failure.</exception>
    public static void ThrowUnlessSuccess(AsnReader body, string what)
    {
        int code;
        try
        {
            var octets = body.ReadEnumeratedBytes().Span;
            code = octets.Length is 1 ? octets[0] : -1;
        }
        catch (AsnContentException fault)
        {
            throw new LdapException("the directory's answer can't be read", fault);
        }

        // The server's own words stay away: they are a stranger's, and may repeat what was asked.
        if (code is not 0) throw new LdapException(string.Create(CultureInfo.InvariantCulture, $"{what} ended with {Word(code)} ({code})"));
    }

    /// <summary>Reads an entry (§4.5.2).</summary>
    public static LdapEntry ReadEntry(AsnReader body)
    {
        try
        {
            var entry = Encoding.UTF8.GetString(body.ReadOctetString());
            var values = ImmutableArray.CreateBuilder<LdapValue>();
            var attributes = body.ReadSequence();
            while (attributes.HasData)
            {
                var attribute = attributes.ReadSequence();
                var name = Encoding.UTF8.GetString(attribute.ReadOctetString());
                var set = attribute.ReadSetOf(skipSortOrderValidation: true);
                while (set.HasData) values.Add(new LdapValue(name, set.ReadOctetString()));
            }

            return new LdapEntry(entry, values.ToImmutable());
        }
        catch (AsnContentException fault)
        {
            throw new LdapException("the directory's answer can't be read", fault);
        }
    }

    private static Asn1Tag Application(int number) => new(TagClass.Application, number);

    private static string Word(int code) => code switch
    {
        3 => "timeLimitExceeded", 4 => "sizeLimitExceeded", 8 => "strongerAuthRequired", Referral => "referral, and nobody else is asked", 11 => "adminLimitExceeded",
        32 => "noSuchObject", 34 => "invalidDNSyntax", 48 => "inappropriateAuthentication", 49 => "invalidCredentials", 50 => "insufficientAccessRights",
        51 => "busy", 52 => "unavailable", 53 => "unwillingToPerform", _ => "a failure",
    };
}
