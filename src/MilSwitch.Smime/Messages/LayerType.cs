namespace MilSwitch.Smime.Messages;

/// <summary>What a layer turned out to be, by its CMS object.</summary>
public enum LayerType : byte
{
    Signed,
    Encrypted,
    AuthEncrypted,
    Compressed,
    CertsOnly,
    Receipt,
    Authenticated,

    /// <summary>Well formed, of a kind that is not opened.</summary>
    Unsupported,

    /// <summary>No CMS object, or one that contradicts its frame.</summary>
    Malformed,
}
