using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Cms.Signed;

/// <summary>
/// A certificate whose fields were read, with its digests as they are asked for: the same few certificates come with message
/// after message. It says nothing about belief. Thread-safe.
/// </summary>
internal sealed class KnownCertificate
{
    private readonly ContentDigests digests;

    /// <param name="octets">DER.</param>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public KnownCertificate(ReadOnlyMemory<byte> octets)
    {
        digests = new ContentDigests(octets);
        Octets = octets;
        Frame = CertificateFrame.Read(octets);
    }

    public ReadOnlyMemory<byte> Octets { get; }

    public CertificateFrame Frame { get; }

    /// <summary>What is known of a certificate through its key, or else what is read now.</summary>
    /// <exception cref="CmsFormatException">It is no certificate.</exception>
    public static KnownCertificate Of(ReadOnlyMemory<byte> octets, VerificationKey? key) =>
        key?.Certificate is { } known && known.Octets.Span.SequenceEqual(octets.Span) ? known : new KnownCertificate(octets);

    public ReadOnlySpan<byte> Digest(DigestAlgorithm algorithm) => digests.Find(algorithm);
}
