namespace MilSwitch.Smime.Making;

/// <summary>How much protection is taken off.</summary>
public enum DecryptionExtent : byte
{
    /// <summary>The outermost layer of encryption, and outer signatures around it, which would not hold without it. What it held stays signed.</summary>
    Encryption,

    /// <summary>All layers, signatures too: the bare message. Whether they hold must have been judged before.</summary>
    Everything,
}
