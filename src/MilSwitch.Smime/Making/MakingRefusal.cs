namespace MilSwitch.Smime.Making;

/// <summary>Why a message is not protected, or a protection not changed, as it was ordered.</summary>
public enum MakingRefusal : byte
{
    /// <summary>More parts, layers or octets than the bounds allow.</summary>
    TooLarge,

    /// <summary>The header, or how the parts lie, can be read in more than one way (threat M2).</summary>
    Ambiguous,

    /// <summary>Line ends that only a change could bring into canonical form (RFC 8551 §3.1.1).</summary>
    NotCanonical,

    /// <summary>A clear signature must stand in 7 bits, and that can't be had without changing what may not change (RFC 8551 §3.1.3).</summary>
    NotSevenBit,

    /// <summary>From or Date can neither be hidden nor shown, because it can't be read.</summary>
    HeaderUnreadable,

    /// <summary>The message is protected already: its payload can't take another header protection.</summary>
    AlreadyProtected,

    /// <summary>The message has no protection of the kind that the act needs.</summary>
    NotProtected,

    /// <summary>The suite makes none of the kind.</summary>
    Suite,

    /// <summary>A recipient's key can't be encrypted to.</summary>
    Recipient,

    /// <summary>The signature that the act would attest does not hold.</summary>
    SignatureNotGood,

    /// <summary>The message can't be decrypted.</summary>
    NotOpened,

    /// <summary>What asks for a receipt was encrypted; an open receipt would say something about it (RFC 2634 §2.4).</summary>
    EncryptionNeeded,

    /// <summary>Nobody to send a receipt to whose address can stand in a header.</summary>
    NoAddress,
}
