using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Making;

/// <summary>Who answers a request for a receipt, and how. Immutable.</summary>
public sealed record ReceiptSettings
{
    /// <summary>Signs the receipt.</summary>
    public required CmsSigner Signer { get; init; }

    /// <summary>Address of the receipt's From field.</summary>
    public required string From { get; init; }

    /// <summary>When; stands in the receipt and in its Date field.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The recipient's own addresses, for requests that name who is asked; none: <see cref="From"/> alone.</summary>
    public IReadOnlyCollection<string> Addresses { get; init; } = [];

    /// <summary>To open the message with.</summary>
    public IReadOnlyList<IDecryptionKey> Keys { get; init; } = [];

    public OpeningOptions Opening { get; init; } = OpeningOptions.Default;

    /// <summary>What is demanded of the message's signatures.</summary>
    public VerificationOptions Verification { get; init; } = VerificationOptions.Default;

    /// <summary>Certificates to look for signers' in, besides those in the message, DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>Whether the certificate of one who asks is believed; null: a signature that holds will do.</summary>
    public Func<ReadOnlyMemory<byte>, bool>? Believes { get; init; }

    /// <summary>The receipt is encrypted in this way, whatever the message was; null: it is not.</summary>
    public EncryptionSettings? Encryption { get; init; }

    /// <summary>A message that came encrypted may be answered in the open.</summary>
    public bool AllowOpenAnswer { get; init; }

    /// <summary>What may be made.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;
}
