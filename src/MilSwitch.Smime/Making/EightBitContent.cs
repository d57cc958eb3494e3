namespace MilSwitch.Smime.Making;

/// <summary>What becomes of content that is not in 7 bits under a clear signature that is not itself encrypted.</summary>
public enum EightBitContent : byte
{
    /// <summary>Its parts are given a transfer encoding before they are signed, as RFC 8551 §3.1.3 has senders do; what they decode to stays the same.</summary>
    Encode,

    /// <summary>It stays as it is: for ways that are known to carry it.</summary>
    Keep,

    /// <summary>It is refused.</summary>
    Refuse,
}
