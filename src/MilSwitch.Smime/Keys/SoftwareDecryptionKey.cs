using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

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

    /// <summary>From PEM text that holds a certificate and a private key, in any order; encrypted PKCS#8 needs the password.</summary>
    /// <exception cref="CryptographicException">One of the two is missing or wrong.</exception>
    public static SoftwareDecryptionKey FromPem(ReadOnlySpan<char> pem, ReadOnlySpan<char> password = default)
    {
        byte[]? certificate = null;
        byte[]? key = null;
        var rest = pem;
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var octets = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(rest[fields.Base64Data], octets, out _)) throw new CryptographicException("not PEM");
            switch (rest[fields.Label])
            {
                case "CERTIFICATE":
                    certificate ??= octets;
                    break;
                case "PRIVATE KEY":
                    key ??= octets;
                    break;
                case "ENCRYPTED PRIVATE KEY":
                    key ??= Decrypted(octets, password);
                    break;
                case "RSA PRIVATE KEY":
                    using (var rsa = RSA.Create())
                    {
                        rsa.ImportRSAPrivateKey(octets, out _);
                        key ??= rsa.ExportPkcs8PrivateKey();
                    }

                    break;
                case "EC PRIVATE KEY":
                    using (var ec = ECDiffieHellman.Create())
                    {
                        ec.ImportECPrivateKey(octets, out _);
                        key ??= ec.ExportPkcs8PrivateKey();
                    }

                    break;
            }

            rest = rest[fields.Location.End..];
        }

        if (certificate is null || key is null) throw new CryptographicException("a certificate and its private key are needed");
        try
        {
            return FromPkcs8(certificate, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Every key of a PKCS#12 that is of a kind that decrypts.</summary>
    /// <exception cref="CryptographicException">It is not one, or the password is wrong.</exception>
    public static IReadOnlyList<SoftwareDecryptionKey> FromPkcs12(ReadOnlyMemory<byte> octets, ReadOnlySpan<char> password)
    {
        var secret = password.ToArray();
        try
        {
            // Old files are encrypted with RC2, which the provider that System.Security.Cryptography stands on does not load.
            using var contents = Pkcs12Contents.Read(octets.ToArray(), secret);
            var keys = new List<SoftwareDecryptionKey>();
            foreach (var (info, candidates) in contents.Keys)
            {
                if (candidates.Select(c => TryRead(c, info)).FirstOrDefault(k => k is not null) is { } key) keys.Add(key);
            }

            return keys;
        }
        catch (Exception fault) when (fault is not (CryptographicException or OutOfMemoryException))
        {
            // BouncyCastle has no one kind of exception for octets that are not what they should be.
            throw new CryptographicException("the PKCS#12 does not open", fault);
        }
        finally
        {
            Array.Clear(secret);
        }
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

    private static SoftwareDecryptionKey? TryRead(byte[] certificate, byte[] privateKeyInfo)
    {
        try
        {
            return FromPkcs8(certificate, privateKeyInfo);
        }
        catch (CryptographicException)
        {
            // Another key's certificate, or a key that only signs.
            return null;
        }
    }

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

    private static byte[] Decrypted(byte[] encrypted, ReadOnlySpan<char> password)
    {
        var secret = password.ToArray();
        try
        {
            return PrivateKeyInfoFactory.CreatePrivateKeyInfo(PrivateKeyFactory.DecryptKey(secret, encrypted)).GetDerEncoded();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new CryptographicException("the private key does not open with the password", fault);
        }
        finally
        {
            Array.Clear(secret);
        }
    }
}
