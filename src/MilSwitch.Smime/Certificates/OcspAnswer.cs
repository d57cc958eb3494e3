using System.Numerics;
using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Smime.Certificates;

/// <summary>SingleResponse (RFC 6960 §4.2.1): what a responder says of one certificate. Immutable.</summary>
/// <param name="Digest">With which the issuer's name and key are named; null: unknown.</param>
/// <param name="IssuerName">Digest of the issuer's name.</param>
/// <param name="IssuerKey">Digest of the issuer's key.</param>
/// <param name="Serial">Serial number.</param>
/// <param name="Status">The answer.</param>
/// <param name="ThisUpdate">As of when.</param>
/// <param name="NextUpdate">Until when; null: newer information is always there.</param>
/// <param name="HasUnknownCritical">A critical extension that nothing here knows.</param>
public sealed record OcspAnswer(
    DigestAlgorithm? Digest, ReadOnlyMemory<byte> IssuerName, ReadOnlyMemory<byte> IssuerKey, BigInteger Serial,
    OcspStatus Status, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, bool HasUnknownCritical)
{
    // Where nextUpdate is absent, the answer is as old as it may get (RFC 6960 §4.2.2.1); a stored one has to end at some time.
    private static readonly TimeSpan LongestWithoutEnd = TimeSpan.FromDays(1);

    /// <summary>It is about this certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuer">Who issued it.</param>
    public bool IsAbout(Certificate certificate, Certificate issuer) =>
        Digest is not null && certificate.SerialNumber == Serial
        && Digest.Hash(issuer.Subject.Encoded.Span).AsSpan().SequenceEqual(IssuerName.Span)
        && Digest.Hash(issuer.PublicKey.Span).AsSpan().SequenceEqual(IssuerKey.Span);

    /// <summary>It counts at a time.</summary>
    public bool IsCurrent(DateTimeOffset at) => ThisUpdate <= at && at <= (NextUpdate ?? ThisUpdate + LongestWithoutEnd);
}
