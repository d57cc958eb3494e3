using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>How a message is encrypted. Immutable.</summary>
public sealed record EncryptionSettings
{
    /// <summary>One at least. Whether their certificates are to be believed was decided before.</summary>
    public required IReadOnlyList<EnvelopedRecipient> Recipients { get; init; }

    /// <summary>Cipher, key transport, attributes.</summary>
    public SealingOptions Sealing { get; init; } = SealingOptions.Default;

    /// <summary>RFC 9788, the RFC 8551 §3.1 wrap, or none. A message that is signed already keeps what its signature protects.</summary>
    public ProtectionScheme HeaderProtection { get; init; } = ProtectionScheme.Rfc9788;

    /// <summary>What of the header stands outside.</summary>
    public HeaderConfidentialityPolicy HeaderPolicy { get; init; } = HeaderConfidentialityPolicy.Baseline;

    /// <summary>Hidden fields are repeated in the text, for readers that know no header protection (RFC 9788 §5.2.2).</summary>
    public bool LegacyDisplay { get; init; }

    /// <inheritdoc cref="SignatureSettings.Tolerated"/>
    public MimeAmbiguity Tolerated { get; init; } = ProtectionSource.Tolerable;

    /// <summary>
    /// Objects that other layers hold are given base64 too. RFC 8551 §3.1.2 lets that be left out, which saves a third of
    /// each layer, but OpenSSL and old agents then read nothing.
    /// </summary>
    public bool EncodeInside { get; init; } = true;

    /// <summary>What may be made.</summary>
    public AlgorithmSuite Suite { get; init; } = AlgorithmSuite.Default;
}
