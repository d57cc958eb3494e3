namespace MilSwitch.Smime.Making;

/// <summary>What came of decrypting. All but the last two follow from what anybody can read in the message.</summary>
public enum DecryptionOutcome : byte
{
    /// <summary>No layer at the root is encrypted. Encrypted parts elsewhere are never opened (threat C8).</summary>
    NotEncrypted,

    /// <summary>What calls itself encrypted is no CMS object, or is larger than the bounds allow.</summary>
    Malformed,

    /// <summary>No recipient names a key that was given.</summary>
    NoKey,

    /// <summary>A way of encryption that is not known here.</summary>
    Unsupported,

    /// <summary>An algorithm that is not accepted.</summary>
    WeakAlgorithm,

    /// <summary>It does not open. Why is deliberately not known (threat C9).</summary>
    DecryptFailed,

    Opened,
}
