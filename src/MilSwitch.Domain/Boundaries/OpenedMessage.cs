using System.Collections.Immutable;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Boundaries;

/// <summary>A message without its protection, and everything that was learnt on the way to it. Immutable.</summary>
public sealed record OpenedMessage
{
    /// <summary>
    /// The whole message with CRLF line ends, all protection taken off and the protected header fields in their places; with
    /// <see cref="BoundaryOpening.KeepsInner"/> and a triple wrap: without its outer signature only.
    /// </summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>How it was signed.</summary>
    public required SignatureFacts Signature { get; init; }

    /// <summary>How it was encrypted.</summary>
    public required EncryptionState Encryption { get; init; }

    /// <summary>Encrypted in a way that carries a code over the content, or signed well inside: nobody on the way changed it.</summary>
    public bool IsAuthenticated { get; init; }

    /// <summary>The message is malformed or means different things to different readers: why; null: it is not.</summary>
    public string? Fault { get; init; }

    /// <summary>
    /// Whole header fields for readers in the other domain, each ending in CRLF: that its signature was good and on whose behalf it
    /// was (RFC 7281), since the signature itself does not go on; empty: it was not, or nobody asked.
    /// </summary>
    public ReadOnlyMemory<byte> Result { get; init; }

    /// <summary>Outer fields that differ from their protected copies.</summary>
    public ImmutableArray<HeaderDifference> Differences { get; init; } = [];

    /// <summary>Labels in signed attributes, nearest to the content first.</summary>
    public ImmutableArray<FoundLabel> Labels { get; init; } = [];

    /// <summary>Addresses in the protected To, Cc and Bcc, canonical; default: nothing protects them.</summary>
    public ImmutableArray<string> ProtectedRecipients { get; init; }

    /// <summary>The level that the protected header asks for; null: none.</summary>
    public Precedence? ProtectedPrecedence { get; init; }

    /// <summary>Signer, message digest and signing time as one value: the same again is a replay (threat C10); empty: not signed well.</summary>
    public ReadOnlyMemory<byte> ReplayKey { get; init; }

    /// <summary>What is needed to answer the originator's receipt request (RFC 2634 §2); null: none was asked for.</summary>
    public RequestedReceipt? Receipt { get; init; }

    /// <summary>What its originator wishes about being opened here; says nothing about what was not.</summary>
    public BoundaryWishFinding Wish { get; init; }

    /// <summary>Only the outer signature of a triple wrap was taken off.</summary>
    public bool InnerKept { get; init; }

    /// <summary>Layers that go around it again when it leaves; null: none.</summary>
    public KeptLayers? Kept { get; init; }

    /// <summary>Addresses of believed mailing list agents that it went through.</summary>
    public ImmutableArray<string> Lists { get; init; } = [];

    /// <summary>What was done, outermost layer first, for the audit trail.</summary>
    public ImmutableArray<ProtectionNote> Notes { get; init; } = [];
}

/// <summary>How a message was signed.</summary>
/// <param name="State">In a word.</param>
/// <param name="Reason">Reason codes; empty when it is good.</param>
/// <param name="Roles">The roles of good signatures.</param>
/// <param name="Signers">Who signed well, outermost first: role and address or name.</param>
public sealed record SignatureFacts(SignatureState State, string Reason, SignerRole Roles, ImmutableArray<string> Signers)
{
    /// <summary>Mail addresses in the certificates of all who signed well, beside, around or over one another; canonical.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>
    /// Every signature that was there, the first that was made first: number, role, whose, and what it came to. Also those that can't
    /// be checked here, beside others on which the state rests.
    /// </summary>
    public ImmutableArray<string> Told { get; init; } = [];

    public static SignatureFacts None { get; } = new(SignatureState.None, "", SignerRole.None, []);
}

public enum SignatureState : byte
{
    /// <summary>Nobody signed it, for all that can be seen.</summary>
    None = 0,

    /// <summary>Signed as a whole, and to be believed.</summary>
    Good = 1,

    /// <summary>Signed, and not to be believed, or not as a whole.</summary>
    Bad = 2,
}

public enum EncryptionState : byte
{
    /// <summary>It was not.</summary>
    None = 0,

    /// <summary>It was, and was opened.</summary>
    Opened = 1,

    /// <summary>It is, for others only.</summary>
    ForOthers = 2,

    /// <summary>It is, for us, and it did not open, or must not be known to have opened.</summary>
    Closed = 3,

    /// <summary>It is, and was kept from end to end inside of an outer signature.</summary>
    Kept = 4,
}

/// <summary>An outer field that is not what its protected copy says.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Weight">How bad that is.</param>
public readonly record struct HeaderDifference(string Field, DifferenceWeight Weight);

public enum DifferenceWeight : byte
{
    /// <summary>Folding, trace, what the sender meant to show.</summary>
    Benign = 0,

    /// <summary>Subject, Date and what people read.</summary>
    Suspicious = 1,

    /// <summary>From, recipients, label, precedence, message type.</summary>
    Blocking = 2,
}

/// <summary>A receipt that the originator asked for (RFC 2634 §2.2).</summary>
/// <param name="ContentIdentifier">Its signedContentIdentifier.</param>
/// <param name="Original">A message whose only layer is the signature that the receipt is about: what a receipt is made from.</param>
/// <param name="To">Addresses that receipts go to.</param>
public sealed record RequestedReceipt(ReadOnlyMemory<byte> ContentIdentifier, ReadOnlyMemory<byte> Original, ImmutableArray<string> To)
{
    /// <summary>Those of them for which the authority of a domain speaks that asked in its originator's place: a gateway on the way carries receipts further.</summary>
    public ImmutableArray<string> OnBehalf { get; init; } = [];
}
