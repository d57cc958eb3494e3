using System.Security.Cryptography;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Finding;

/// <summary>An SMIMEA record that DNSSEC vouches for (RFC 8162 §2, RFC 6698 §2.1). Immutable.</summary>
/// <param name="Usage">0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE.</param>
/// <param name="Selector">0 the whole certificate, 1 its public key.</param>
/// <param name="Matching">0 the octets themselves, 1 SHA-256, 2 SHA-512.</param>
/// <param name="Data">What to compare with.</param>
public sealed record CertificateAssociation(byte Usage, byte Selector, byte Matching, ReadOnlyMemory<byte> Data)
{
    /// <summary>Usages 2 and 3 count without an anchor of the security domain (RFC 6698 §2.1.1), which is a matter of local policy (RFC 8162 §9).</summary>
    public bool StandsAlone { get; init; }

    /// <summary>It speaks of an authority above the recipient's certificate, not of that certificate.</summary>
    public bool IsAboutAuthority => Usage is 0 or 2;

    /// <summary>Whether it speaks of this certificate.</summary>
    public bool Matches(Certificate certificate)
    {
        var selected = (Selector is 0 ? certificate.Encoded : certificate.SubjectPublicKeyInfo).Span;
        return Matching switch
        {
            0 => selected.SequenceEqual(Data.Span),
            1 => SHA256.HashData(selected).AsSpan().SequenceEqual(Data.Span),
            2 => SHA512.HashData(selected).AsSpan().SequenceEqual(Data.Span),
            _ => false,
        };
    }

    /// <summary>Whether it allows a certificate with this path.</summary>
    /// <param name="path">The certificate first, the anchor last.</param>
    public bool Allows(IReadOnlyList<Certificate> path) => IsAboutAuthority ? path.Skip(1).Any(Matches) : path.Count > 0 && Matches(path[0]);
}
