using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Keys;

/// <summary>Reads software signing keys with their certificates from PEM, DER and PKCS #12.</summary>
public static class SoftwareSigningKeyReader
{
    /// <summary>Of a key file in PEM or DER (PKCS #8, also encrypted; PKCS #1; SEC 1) and its certificate in DER.</summary>
    /// <exception cref="CmsFormatException">It is no key, the password does not open it, or it is not the certificate's.</exception>
    public static SoftwareSigningKey ReadKey(ReadOnlySpan<byte> file, ReadOnlyMemory<byte> certificate, string? password = null, SigningChoice? choice = null)
    {
        var pkcs8 = Guard(file, password, ToPkcs8);
        try
        {
            return SoftwareSigningKey.Create(pkcs8, certificate, choice);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>Of PEM that holds a key and certificates: the first certificate that the key belongs to.</summary>
    /// <param name="pem">In any order.</param>
    /// <param name="password">For an encrypted key.</param>
    /// <param name="choice">What the key leaves open.</param>
    /// <returns>The key, and all the certificates that were there, in order.</returns>
    /// <exception cref="CmsFormatException">There is no key, or none of the certificates is its own.</exception>
    public static (SoftwareSigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadPem(ReadOnlySpan<byte> pem, string? password = null, SigningChoice? choice = null)
    {
        var certificates = new List<ReadOnlyMemory<byte>>();
        foreach (var (label, octets) in Blocks(pem))
        {
            if (label is "CERTIFICATE") certificates.Add(octets);
        }

        foreach (var certificate in certificates)
        {
            try
            {
                return (ReadKey(pem, certificate, password, choice), certificates);
            }
            catch (CmsFormatException) when (certificates.Count > 1)
            {
                // The issuers' stand beside the key's own.
            }
        }

        throw new CmsFormatException("no certificate of the key");
    }

    /// <summary>Of PKCS #12 (RFC 7292): its first key that signs and whose certificate lets it.</summary>
    /// <returns>The key, and all certificates that are in the file.</returns>
    /// <exception cref="CmsFormatException">It is no PKCS #12, the password does not open it, or it has no key that signs.</exception>
    public static (SoftwareSigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadPkcs12(ReadOnlySpan<byte> file, string? password, SigningChoice? choice = null)
    {
        using var contents = Guard(file, password, static (octets, word) => Pkcs12Contents.Read(octets, word?.ToCharArray()));
        // Its own certificate may say that a key does not sign: then it is taken only when there is no other.
        var pairs = contents.Keys.SelectMany(k => k.Candidates.Select(c => (k.Pkcs8, Certificate: c))).OrderByDescending(p => MaySign(p.Certificate));
        foreach (var (pkcs8, certificate) in pairs)
        {
            try
            {
                return (SoftwareSigningKey.Create(pkcs8, certificate, choice), contents.Certificates);
            }
            catch (CmsFormatException)
            {
                // Another's certificate, or a key that only decrypts.
            }
        }

        throw new CmsFormatException("no key that signs");
    }

    private static bool MaySign(byte[] certificate)
    {
        try
        {
            return Certificate.Read(certificate).KeyUsage is not { } uses || (uses & (KeyUses.DigitalSignature | KeyUses.NonRepudiation)) is not 0;
        }
        catch (CmsFormatException)
        {
            return false;
        }
    }

    // BouncyCastle has no one kind of exception for octets that are not what they should be.
    private static T Guard<T>(ReadOnlySpan<byte> file, string? password, Func<byte[], string?, T> read)
    {
        try
        {
            return read(file.ToArray(), password);
        }
        catch (Exception fault) when (fault is not (CmsFormatException or OutOfMemoryException))
        {
            throw new CmsFormatException("not a private key, or the password does not open it", cause: fault);
        }
    }

    private static byte[] ToPkcs8(byte[] file, string? password)
    {
        if (file.AsSpan().IndexOf("-----BEGIN"u8) < 0) return FromDer(file, password);
        foreach (var (label, octets) in Blocks(file))
        {
            switch (label)
            {
                case "PRIVATE KEY":
                    return octets;
                case "ENCRYPTED PRIVATE KEY":
                    return Decrypt(octets, password);
                case "RSA PRIVATE KEY":
                    return FromPkcs1(octets);
                case "EC PRIVATE KEY":
                    return FromSec1(octets);
                default:
                    continue;
            }
        }

        throw new CmsFormatException("no private key");
    }

    private static byte[] FromDer(byte[] file, string? password)
    {
        // An EncryptedPrivateKeyInfo begins with its algorithm, the others with a version: what is behind that tells them apart.
        var sequence = new AsnReader(file, AsnEncodingRules.BER).ReadSequence();
        if (sequence.PeekTag() == Asn1Tag.Sequence) return Decrypt(file, password);
        sequence.ReadIntegerBytes();
        var next = sequence.PeekTag();
        if (next == Asn1Tag.Integer) return FromPkcs1(file);
        return next == Asn1Tag.PrimitiveOctetString ? FromSec1(file) : file;
    }

    private static byte[] FromPkcs1(byte[] octets)
    {
        using var rsa = RSA.Create();
        rsa.ImportRSAPrivateKey(octets, out _);
        return rsa.ExportPkcs8PrivateKey();
    }

    private static byte[] FromSec1(byte[] octets)
    {
        using var key = ECDsa.Create();
        key.ImportECPrivateKey(octets, out _);
        return key.ExportPkcs8PrivateKey();
    }

    private static byte[] Decrypt(byte[] octets, string? password) =>
        PrivateKeyInfoFactory.CreatePrivateKeyInfo((password ?? "").ToCharArray(), EncryptedPrivateKeyInfo.GetInstance(octets)).GetDerEncoded();

    private static List<(string Label, byte[] Octets)> Blocks(ReadOnlySpan<byte> pem)
    {
        var text = Encoding.Latin1.GetString(pem).AsSpan();
        var blocks = new List<(string, byte[])>();
        while (PemEncoding.TryFind(text, out var fields))
        {
            blocks.Add((text[fields.Label].ToString(), Convert.FromBase64String(text[fields.Base64Data].ToString())));
            text = text[fields.Location.End..];
        }

        return blocks;
    }
}
