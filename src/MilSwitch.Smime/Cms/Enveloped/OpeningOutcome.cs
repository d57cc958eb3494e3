namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>What came of opening. All but the last two follow from what anybody can read in the message.</summary>
public enum OpeningOutcome : byte
{
    /// <summary>No recipient names a key, shared key or password that was given.</summary>
    NoKey,

    /// <summary>An algorithm that is not known here, or the encrypted content is elsewhere.</summary>
    Unsupported,

    /// <summary>An algorithm that the caller does not accept.</summary>
    WeakAlgorithm,

    /// <summary>It does not open. Why is deliberately not known (threat C9).</summary>
    DecryptFailed,

    /// <summary>The content is there.</summary>
    Opened,
}
