using System.Security.Cryptography;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Keys;

/// <summary>A private key as a file brought it, before it is known what it is for. Its owner disposes of it, which clears it.</summary>
public sealed class SoftwareKey : IDisposable
{
    private readonly byte[] pkcs8;

    internal SoftwareKey(byte[] pkcs8)
    {
        this.pkcs8 = pkcs8;
        PublicKey = PublicHalf.Of(pkcs8);
    }

    /// <summary><c>PrivateKeyInfo</c> (RFC 5958 §2), not encrypted.</summary>
    public ReadOnlySpan<byte> Pkcs8 => pkcs8;

    /// <summary>Octets of <c>subjectPublicKey</c> as they stand in its certificate; empty for a kind of key that is not known here.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Those of the certificates, DER, that belong to it: several when it was certified again.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> FindCertificates(IEnumerable<ReadOnlyMemory<byte>> certificates) => PublicKey.IsEmpty ? [] : certificates.Where(IsMine);

    public void Dispose() => CryptographicOperations.ZeroMemory(pkcs8);

    private bool IsMine(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return RecipientCertificate.Read(certificate).PublicKey.Span.SequenceEqual(PublicKey.Span);
        }
        catch (CmsFormatException)
        {
            // What is no certificate is nobody's.
            return false;
        }
    }
}
