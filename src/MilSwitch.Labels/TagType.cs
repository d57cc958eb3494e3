namespace MilSwitch.Labels;

/// <summary>What the values of a category mean for access, and how they are encoded (ACP 145; SDN.801c tag types 1, 2, 6 and 7).</summary>
public enum TagType : byte
{
    /// <summary>Bit map; a clearance needs every value.</summary>
    Restrictive = 1,

    /// <summary>Permissive bit map; a clearance needs at least one value.</summary>
    Permissive = 2,

    /// <summary>Integers; a clearance needs every value.</summary>
    EnumeratedRestrictive = 3,

    /// <summary>Integers; a clearance needs at least one value.</summary>
    EnumeratedPermissive = 4,

    /// <summary>Bit map that never decides on access (tag type 7, <c>bitSetAttributes</c>).</summary>
    InformativeBits = 5,

    /// <summary>Integers that never decide on access (tag type 7, <c>securityAttributes</c>).</summary>
    InformativeValues = 6,
}
