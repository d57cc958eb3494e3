using System.Collections.Immutable;
using System.Formats.Asn1;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>SearchRequest (RFC 4511 §4.5.1). Immutable.</summary>
internal sealed record LdapSearch(string Base, LdapScope Scope, int SizeLimit, bool TypesOnly, LdapFilter Filter, ImmutableArray<string> Attributes)
{
    private const int MostAttributes = 128;

    /// <summary>No attributes at all (RFC 4511 §4.5.1.8).</summary>
    private const string None = "1.1";

    public bool WantsCertificates => Wants(LdapAttributes.UserCertificate) || Filter.Items.Any(item => item.Attribute == LdapAttributes.UserCertificate);

    /// <exception cref="LdapFormatException">It is none, or breaks a bound.</exception>
    public static LdapSearch Read(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            var request = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence(LdapOperation.Tag(LdapOperation.SearchRequest));
            var name = LdapMessage.ReadText(request);
            var scope = request.ReadEnumeratedValue<LdapScope>();
            if (scope is not (LdapScope.Base or LdapScope.OneLevel or LdapScope.Subtree)) throw new LdapFormatException("an unknown scope");
            request.ReadEnumeratedBytes();
            if (!request.TryReadInt32(out var size) || size < 0 || !request.TryReadInt32(out var seconds) || seconds < 0) throw new LdapFormatException("a limit that is none");
            var typesOnly = request.ReadBoolean();
            var filter = LdapFilter.Read(request);
            var attributes = ImmutableArray.CreateBuilder<string>();
            var selection = request.ReadSequence();
            while (selection.HasData)
            {
                if (attributes.Count == MostAttributes) throw new LdapFormatException("too many attributes", LdapResult.AdminLimitExceeded);
                attributes.Add(LdapAttributes.Canonical(LdapMessage.ReadText(selection)));
            }

            request.ThrowIfNotEmpty();
            return new LdapSearch(name, scope, size, typesOnly, filter, attributes.ToImmutable());
        }
        catch (Exception fault) when (fault is AsnContentException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new LdapFormatException("no search", cause: fault);
        }
    }

    /// <summary>The attribute is to be told: by name, by <c>*</c>, or because no list was given.</summary>
    public bool Wants(string attribute) => Attributes.IsEmpty || Attributes.Any(wanted => wanted is "*" || string.Equals(wanted, attribute, StringComparison.OrdinalIgnoreCase));

    public bool WantsNothing => Attributes is [None];

    /// <summary>
    /// Addresses that the filter names, in its order, each once. There is no list of recipients to search in, so what is not
    /// named to the full is not found.
    /// </summary>
    public IEnumerable<Mailbox> Named()
    {
        var seen = new HashSet<Mailbox>();
        foreach (var item in Filter.Items)
        {
            // Address books ask for what begins with the text that was typed: an address, when it was typed to its end.
            if (item is not { Kind: LdapFilterKind.Equal or LdapFilterKind.Substrings, Value: { } value }) continue;
            if (item.Attribute is not (LdapAttributes.Mail or LdapAttributes.CommonName)) continue;
            if (Mailbox.TryParse(value.Trim(' '), allowUtf8: true, out var mailbox, out _) && seen.Add(mailbox)) yield return mailbox;
        }
    }
}
