namespace MilSwitch.Smime.Inspection;

/// <summary>Whether a message, a layer or a signer is to be believed.</summary>
public enum InspectionVerdict : byte
{
    /// <summary>A good signature by an acceptable signer covers all of it; of a layer: nothing is wrong with it.</summary>
    Valid,

    /// <summary>Something contradicts what it says.</summary>
    Invalid,

    /// <summary>Nobody signed it.</summary>
    Unsigned,

    /// <summary>A good signature covers a part, and the message is not signed.</summary>
    Partial,

    /// <summary>What is inside could not be had.</summary>
    Undecryptable,

    /// <summary>It can't be read.</summary>
    Malformed,
}
