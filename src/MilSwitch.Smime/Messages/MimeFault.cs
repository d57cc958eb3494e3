namespace MilSwitch.Smime.Messages;

/// <summary>Why reading an entity stopped before its end.</summary>
public enum MimeFault : byte
{
    None,

    /// <summary>More composite parts inside each other than <see cref="MimeBudget"/> allows.</summary>
    TooDeep,

    /// <summary>More parts, decoded octets or a larger header than <see cref="MimeBudget"/> allows.</summary>
    TooLarge,
}
