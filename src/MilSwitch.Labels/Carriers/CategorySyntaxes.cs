namespace MilSwitch.Labels.Carriers;

/// <summary>Object identifiers that say in which syntax a category is written, under id-security-categories 2.16.840.1.101.2.1.8.</summary>
internal static class CategorySyntaxes
{
    public const string Restrictive = "2.16.840.1.101.2.1.8.3.0";
    public const string EnumeratedPermissive = "2.16.840.1.101.2.1.8.3.1";
    public const string Permissive = "2.16.840.1.101.2.1.8.3.2";
    public const string Informative = "2.16.840.1.101.2.1.8.3.3";
    public const string EnumeratedRestrictive = "2.16.840.1.101.2.1.8.3.4";

    /// <summary>MissiSecurityCategories (SDN.801c).</summary>
    public const string Missi = "2.16.840.1.101.2.1.8.1";

    private static ReadOnlySpan<byte> Acp145Octets => [0x60, 0x86, 0x48, 0x01, 0x65, 0x02, 0x01, 0x08, 0x03];

    private static ReadOnlySpan<byte> MissiOctets => [0x60, 0x86, 0x48, 0x01, 0x65, 0x02, 0x01, 0x08, 0x01];

    public static string Of(TagType type) => type switch
    {
        TagType.Restrictive => Restrictive,
        TagType.Permissive => Permissive,
        TagType.EnumeratedRestrictive => EnumeratedRestrictive,
        TagType.EnumeratedPermissive => EnumeratedPermissive,
        _ => Informative,
    };

    /// <summary>From contents octets: the last arc of an ACP 145 syntax, 0 to 4; -1: another.</summary>
    public static int Acp145Arc(ReadOnlySpan<byte> octets) => octets.Length == Acp145Octets.Length + 1 && octets[^1] <= 4 && octets.StartsWith(Acp145Octets) ? octets[^1] : -1;

    public static bool IsMissi(ReadOnlySpan<byte> octets) => octets.SequenceEqual(MissiOctets);
}
