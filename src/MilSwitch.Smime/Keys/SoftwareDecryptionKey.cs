using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Keys;

/// <summary>A decryption key that lives in this process's memory, made from PEM, DER (PKCS#8) or PKCS#12.</summary>
public abstract class SoftwareDecryptionKey : IDecryptionKey, IDisposable
{
    private protected SoftwareDecryptionKey(ReadOnlyMemory<byte> certificate) => Certificate = certificate;

    public ReadOnlyMemory<byte> Certificate { get; }

    public virtual ValueTask<byte[]?> UnwrapAsync(
        AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("not a key for key transport");

    public virtual ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("not a key for key agreement");

    public virtual ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("not a key for encapsulation");

    /// <summary>From a DER certificate and the DER <c>PrivateKeyInfo</c> (PKCS#8, not encrypted) that belongs to it.</summary>
    /// <exception cref="CryptographicException">The key is not one, is of a kind that does not decrypt, or is not the certificate's.</exception>
    public static SoftwareDecryptionKey FromPkcs8(ReadOnlyMemory<byte> certificate, ReadOnlySpan<byte> privateKeyInfo)
    {
        var owner = ReadCertificate(certificate);
        SoftwareDecryptionKey key = owner.Algorithm.Algorithm switch
        {
            EnvelopedOids.RsaEncryption or EnvelopedOids.RsaesOaep => new SoftwareRsaDecryptionKey(certificate, owner, privateKeyInfo),
            EnvelopedOids.EcPublicKey => new SoftwareEcDecryptionKey(certificate, owner, privateKeyInfo),
            EnvelopedOids.X25519 => new SoftwareX25519DecryptionKey(certificate, owner, privateKeyInfo),
            EnvelopedOids.MlKem512 or EnvelopedOids.MlKem768 or EnvelopedOids.MlKem1024 => new SoftwareMlKemDecryptionKey(certificate, owner, privateKeyInfo),
            _ => throw new CryptographicException("the certificate's key is not of a kind that decrypts"),
        };
        return key;
    }

    /// <summary>From PEM text that holds a certificate and its private key, in any order; encrypted PKCS#8 needs the password.</summary>
    /// <exception cref="CryptographicException">One of the two is missing or wrong.</exception>
    public static SoftwareDecryptionKey FromPem(ReadOnlySpan<char> pem, ReadOnlySpan<char> password = default)
    {
        using var file = Opened(Encoding.Latin1.GetBytes(pem.ToArray()), password);
        if (file.Keys is not [var key, ..] || file.Certificates is not [var first, ..]) throw new CryptographicException("a certificate and its private key are needed");
        return FromPkcs8(key.FindCertificates(file.Certificates).FirstOrDefault(first), key.Pkcs8);
    }

    /// <summary>Every key of a PKCS#12 that is of a kind that decrypts.</summary>
    /// <exception cref="CryptographicException">It is not one, or the password is wrong.</exception>
    public static IReadOnlyList<SoftwareDecryptionKey> FromPkcs12(ReadOnlyMemory<byte> octets, ReadOnlySpan<char> password)
    {
        using var file = Opened(octets.Span, password);
        return FromKeys(file.Keys, file.Certificates);
    }

    /// <summary>The keys of a kind that decrypts, once for each of the certificates that belongs to one: messages name keys by certificate.</summary>
    /// <exception cref="CryptographicException">A key is of such a kind by its certificate, and damaged.</exception>
    public static IReadOnlyList<SoftwareDecryptionKey> FromKeys(IEnumerable<SoftwareKey> keys, IReadOnlyCollection<ReadOnlyMemory<byte>> certificates)
    {
        var found = new List<SoftwareDecryptionKey>();
        foreach (var key in keys)
        {
            foreach (var own in key.FindCertificates(certificates).Where(Decrypts)) found.Add(FromPkcs8(own, key.Pkcs8));
        }

        return found;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>Clears what it holds.</summary>
    private protected abstract void Release();

    private protected static void Belong(bool same)
    {
        if (!same) throw new CryptographicException("the private key does not belong to the certificate");
    }

    private protected static AsnContentException Unexpected() => new("not the private key that its certificate speaks of");

    /// <summary>Octets of <c>privateKey</c> in a PrivateKeyInfo (RFC 5958 §2).</summary>
    private protected static ReadOnlyMemory<byte> PrivateKeyOctets(byte[] privateKeyInfo, string algorithm)
    {
        try
        {
            var sequence = new AsnReader(privateKeyInfo, AsnEncodingRules.BER).ReadSequence();
            sequence.ReadIntegerBytes();
            if (AlgorithmIdentifier.Read(sequence).Algorithm != algorithm) throw Unexpected();
            return sequence.ReadOctetString();
        }
        catch (AsnContentException fault)
        {
            throw new CryptographicException("not a private key", fault);
        }
    }

    private static bool Decrypts(ReadOnlyMemory<byte> certificate) => ReadCertificate(certificate).Algorithm.Algorithm
        is EnvelopedOids.RsaEncryption or EnvelopedOids.RsaesOaep or EnvelopedOids.EcPublicKey or EnvelopedOids.X25519
        or EnvelopedOids.MlKem512 or EnvelopedOids.MlKem768 or EnvelopedOids.MlKem1024;

    private static RecipientCertificate ReadCertificate(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            return RecipientCertificate.Read(certificate);
        }
        catch (CmsFormatException fault)
        {
            throw new CryptographicException("not a certificate", fault);
        }
    }

    private static KeyFile Opened(ReadOnlySpan<byte> octets, ReadOnlySpan<char> password)
    {
        try
        {
            return KeyFile.Read(octets, password.IsEmpty ? null : password.ToString());
        }
        catch (CmsFormatException fault)
        {
            throw new CryptographicException(fault.Message, fault);
        }
    }
}
