using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>An entry as clients see it: every address beyond the boundary has one, and nothing of it is stored.</summary>
/// <param name="Name">Distinguished name.</param>
/// <param name="Values">Texts by attribute, in the order in which they are told.</param>
internal sealed record LdapEntry(string Name, IReadOnlyList<KeyValuePair<string, string[]>> Values)
{
    /// <summary>Whom it stands for; null: for the server itself.</summary>
    public Mailbox? Recipient { get; init; }

    public static LdapEntry Of(Mailbox recipient, ProxyAuthoritySettings settings, string suffix)
    {
        var address = ProxyAddress.Write(recipient);
        KeyValuePair<string, string[]>[] values =
        [
            new(LdapAttributes.ObjectClass, ["top", "person", "organizationalPerson", "inetOrgPerson"]),
            new(LdapAttributes.CommonName, [address]), new(LdapAttributes.Surname, [address]), new(LdapAttributes.Mail, [address]),
            new(LdapAttributes.Organization, [settings.BoundaryName]), new(LdapAttributes.LabeledUri, [settings.GatewayUri]),
            new(LdapAttributes.Description, ["Mail that is encrypted to this address is decrypted at the boundary."]),
        ];
        return new LdapEntry(LdapName.OfAddress(address) + (suffix.Length is 0 ? "" : "," + suffix), values) { Recipient = recipient };
    }

    /// <summary>rootDSE (RFC 4512 §5.1).</summary>
    public static LdapEntry Root(string suffix, bool hasStartTls)
    {
        var values = new List<KeyValuePair<string, string[]>>
        {
            new(LdapAttributes.ObjectClass, ["top"]), new(LdapAttributes.NamingContexts, [suffix]), new(LdapAttributes.SupportedVersion, ["3"]),
        };
        if (hasStartTls) values.Add(new(LdapAttributes.SupportedExtension, [LdapOperation.StartTls]));
        return new LdapEntry("", values);
    }

    /// <summary>True, false, or undefined where the attribute is not known.</summary>
    public bool? Evaluate(in LdapFilterItem item)
    {
        var attribute = item.Attribute;
        if (item.Kind is LdapFilterKind.Undefined) return null;
        // A recipient without a certificate has no entry: it is looked for when one is wanted.
        if (attribute == LdapAttributes.UserCertificate) return item.Kind is LdapFilterKind.Present ? Recipient is not null : null;
        var values = Values.FirstOrDefault(pair => pair.Key == attribute).Value;
        if (values is null) return null;
        switch (item.Kind)
        {
            case LdapFilterKind.Present:
                return true;
            case LdapFilterKind.Equal:
                var wanted = item.Value;
                var address = item.Address;
                return wanted is not null && Array.Exists(values, value => Equal(value, wanted, address));
            default:
                var pieces = item;
                return Array.Exists(values, value => Contains(value, pieces));
        }
    }

    // As the schema compares (caseIgnoreMatch, caseIgnoreIA5Match); an address also in its other spellings.
    private static bool Equal(string value, string wanted, string? address) => value.Equals(wanted, StringComparison.OrdinalIgnoreCase)
        || (address is not null && value.Equals(address, StringComparison.OrdinalIgnoreCase));

    private static bool Contains(string value, in LdapFilterItem pieces)
    {
        var rest = value.AsSpan();
        if (pieces.Value is { } initial)
        {
            if (!rest.StartsWith(initial, StringComparison.OrdinalIgnoreCase)) return false;
            rest = rest[initial.Length..];
        }

        foreach (var any in pieces.Any)
        {
            if (any is null || rest.IndexOf(any, StringComparison.OrdinalIgnoreCase) is not (var at and >= 0)) return false;
            rest = rest[(at + any.Length)..];
        }

        return pieces.Final is not { } final || rest.EndsWith(final, StringComparison.OrdinalIgnoreCase);
    }
}
