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

    /// <summary>
    /// Values that are texts, for which no published syntax has a place: <c>SEQUENCE { tagName OBJECT IDENTIFIER, values SET OF UTF8String }</c>.
    /// Its last arc is that of ACP 145's for numbers of the same kind. Of this product; to others such a category is an unknown one.
    /// </summary>
    public const string Text = "2.25.145131872458529474167127849911610032819";

    private static ReadOnlySpan<byte> TextOctets => [0x69, 0x81, 0xDA, 0xAF, 0xB0, 0xF1, 0x91, 0xB7, 0xF2, 0xB0, 0x95, 0x9F, 0x9A, 0xC7, 0xCF, 0xA5, 0xEC, 0xC3, 0x85, 0x33];

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

    /// <summary>From contents octets: what the texts in it are values of; null: it is another syntax.</summary>
    public static TagType? TypeOfTexts(ReadOnlySpan<byte> octets) => octets.Length != TextOctets.Length + 1 || !octets.StartsWith(TextOctets) ? null
        : octets[^1] switch { 1 => TagType.EnumeratedPermissive, 3 => TagType.InformativeValues, 4 => TagType.EnumeratedRestrictive, _ => null };

    /// <summary>The syntax of a tag's texts.</summary>
    public static string OfTexts(TagType type) => Text + type switch { TagType.EnumeratedPermissive => ".1", TagType.EnumeratedRestrictive => ".4", _ => ".3" };

    public static bool IsMissi(ReadOnlySpan<byte> octets) => octets.SequenceEqual(MissiOctets);
}
