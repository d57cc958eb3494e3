namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>The few attributes that entries have (RFC 2798, RFC 4519, RFC 4523), by all the names that clients use.</summary>
internal static class LdapAttributes
{
    public const string Mail = "mail";
    public const string CommonName = "cn";
    public const string Surname = "sn";
    public const string Organization = "o";
    public const string Description = "description";
    public const string LabeledUri = "labeledURI";
    public const string ObjectClass = "objectClass";
    public const string UserCertificate = "userCertificate";
    public const string NamingContexts = "namingContexts";
    public const string SupportedVersion = "supportedLDAPVersion";
    public const string SupportedExtension = "supportedExtension";

    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        [Mail] = Mail, ["rfc822Mailbox"] = Mail, ["0.9.2342.19200300.100.1.3"] = Mail,
        [CommonName] = CommonName, ["commonName"] = CommonName, ["2.5.4.3"] = CommonName, ["displayName"] = CommonName,
        [Surname] = Surname, ["surname"] = Surname, ["2.5.4.4"] = Surname,
        [Organization] = Organization, ["organizationName"] = Organization, ["2.5.4.10"] = Organization,
        [Description] = Description, ["2.5.4.13"] = Description,
        [LabeledUri] = LabeledUri, ["1.3.6.1.4.1.250.1.57"] = LabeledUri,
        [ObjectClass] = ObjectClass, ["2.5.4.0"] = ObjectClass,
        [UserCertificate] = UserCertificate, ["2.5.4.36"] = UserCertificate,
        [NamingContexts] = NamingContexts, [SupportedVersion] = SupportedVersion, [SupportedExtension] = SupportedExtension,
    };

    /// <summary>The name under which entries know it, without options (<c>;binary</c>); as it came where it is unknown.</summary>
    public static string Canonical(string description)
    {
        var name = description;
        if (name.IndexOf(';', StringComparison.Ordinal) is var options and >= 0) name = name[..options];
        return Names.GetValueOrDefault(name, name);
    }
}
