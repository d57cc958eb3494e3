namespace MilSwitch.Smime.Cms;

/// <summary>Octets are not what they should be: badly encoded, or against a rule of structure. The message names the structure, never its contents.</summary>
public sealed class CmsFormatException(string message, CmsFault fault = CmsFault.Malformed, Exception? cause = null) : Exception(message, cause)
{
    public CmsFault Fault { get; } = fault;
}

/// <summary>Why a CMS object is not read.</summary>
public enum CmsFault : byte
{
    /// <summary>The encoding or the structure is wrong.</summary>
    Malformed,

    /// <summary>Nested deeper than <see cref="CmsBounds.Depth"/>.</summary>
    TooDeep,

    /// <summary>More or larger elements than <see cref="CmsBounds"/> allows.</summary>
    TooLarge,
}
