namespace MilSwitch.Labels;

/// <summary>What follows from a <see cref="TagType"/>.</summary>
public static class TagTypes
{
    /// <summary>Positions of a bit map are the values; else integers are listed.</summary>
    public static bool IsBitMap(this TagType type) => type is TagType.Restrictive or TagType.Permissive or TagType.InformativeBits;

    /// <summary>A clearance needs every value.</summary>
    public static bool IsRestrictive(this TagType type) => type is TagType.Restrictive or TagType.EnumeratedRestrictive;

    /// <summary>A clearance needs at least one value.</summary>
    public static bool IsPermissive(this TagType type) => type is TagType.Permissive or TagType.EnumeratedPermissive;

    /// <summary>Never decides on access.</summary>
    public static bool IsInformative(this TagType type) => type is TagType.InformativeBits or TagType.InformativeValues;

    /// <summary><c>restrictive permissive enumerated-restrictive enumerated-permissive informative</c>, as printed labels name them.</summary>
    public static string Name(this TagType type) => type switch
    {
        TagType.Restrictive => "restrictive",
        TagType.Permissive => "permissive",
        TagType.EnumeratedRestrictive => "enumerated-restrictive",
        TagType.EnumeratedPermissive => "enumerated-permissive",
        _ => "informative",
    };
}
