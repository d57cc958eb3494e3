using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Pkcs;

namespace MilSwitch.Smime.Keys;

/// <summary>
/// Private keys and certificates of one file: PEM (PKCS #8, also encrypted, PKCS #1, SEC 1) with any text between, DER of
/// these, a DER certificate, or PKCS #12 (RFC 7292). Whether they belong together is not judged. Its owner disposes of it,
/// which clears the keys.
/// </summary>
public sealed class KeyFile : IDisposable
{
    /// <summary>Octets of one file.</summary>
    public const int MostOctets = 16 << 20;

    /// <summary>Keys and certificates of one file.</summary>
    public const int MostObjects = 4_096;

    private KeyFile(IReadOnlyList<SoftwareKey> keys, IReadOnlyList<ReadOnlyMemory<byte>> certificates) => (Keys, Certificates) = (keys, certificates);

    /// <summary>In their order.</summary>
    public IReadOnlyList<SoftwareKey> Keys { get; }

    /// <summary>DER, in their order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>Reads all that the octets hold.</summary>
    /// <param name="octets">The whole file.</param>
    /// <param name="password">Of its encrypted keys or of the PKCS #12.</param>
    /// <exception cref="CmsFormatException">It is none of these forms, or the password does not open it.</exception>
    public static KeyFile Read(ReadOnlySpan<byte> octets, string? password = null)
    {
        if (octets.Length > MostOctets) throw new CmsFormatException("too large", CmsFault.TooLarge);
        var keys = new List<byte[]>();
        var certificates = new List<ReadOnlyMemory<byte>>();
        try
        {
            if (octets.IndexOf("-----BEGIN "u8) >= 0) ReadPem(octets, password, keys, certificates);
            else ReadDer(octets.ToArray(), password, keys, certificates);
            return new KeyFile([.. keys.Select(k => new SoftwareKey(k))], certificates);
        }
        catch (CmsFormatException)
        {
            foreach (var key in keys) CryptographicOperations.ZeroMemory(key);
            throw;
        }
    }

    /// <summary>
    /// The keys with the certificates that are theirs, those first whose certificate lets them sign: a key that its own
    /// certificate has for something else is taken only when there is no other.
    /// </summary>
    public IEnumerable<(SoftwareKey Key, ReadOnlyMemory<byte> Certificate)> SigningPairs(IReadOnlyCollection<ReadOnlyMemory<byte>> certificates) =>
        Keys.SelectMany(k => k.FindCertificates(certificates).Select(c => (Key: k, Certificate: c))).OrderByDescending(p => MaySign(p.Certificate));

    public void Dispose()
    {
        foreach (var key in Keys) key.Dispose();
    }

    private static bool MaySign(ReadOnlyMemory<byte> certificate)
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

    private static void ReadPem(ReadOnlySpan<byte> octets, string? password, List<byte[]> keys, List<ReadOnlyMemory<byte>> certificates)
    {
        var text = Encoding.Latin1.GetString(octets).AsSpan();
        if (text.Contains("Proc-Type:", StringComparison.Ordinal)) throw new CmsFormatException("a key encrypted as PEM was of old (RFC 1421); convert it to PKCS #8");
        var blocks = 0;
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (++blocks > MostObjects) throw new CmsFormatException("too many objects", CmsFault.TooLarge);
            var label = text[fields.Label];
            var value = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(text[fields.Base64Data], value, out _)) throw new CmsFormatException("not base64");
            switch (label)
            {
                case "PRIVATE KEY" or "ENCRYPTED PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY"
                    or "CERTIFICATE" or "X509 CERTIFICATE" or "PKCS12":
                    ReadDer(value, password, keys, certificates);
                    break;
            }

            text = text[fields.Location.End..];
        }

        if (blocks is 0) throw new CmsFormatException("no whole PEM block");
    }

    private static void ReadDer(byte[] octets, string? password, List<byte[]> keys, List<ReadOnlyMemory<byte>> certificates)
    {
        switch (KindOf(octets))
        {
            case Kind.PrivateKey:
                keys.Add(octets);
                break;
            case Kind.EncryptedKey:
                keys.Add(Open(octets, password));
                break;
            case Kind.RsaKey:
                keys.Add(FromPkcs1(octets));
                break;
            case Kind.EcKey:
                keys.Add(FromSec1(octets));
                break;
            case Kind.Certificate:
                certificates.Add(octets);
                break;
            case Kind.Pkcs12:
                ReadPkcs12(octets, password, keys, certificates);
                break;
            default:
                throw new CmsFormatException("neither a private key, a certificate nor a PKCS #12 file");
        }
    }

    private enum Kind
    {
        None,
        PrivateKey,
        EncryptedKey,
        RsaKey,
        EcKey,
        Certificate,
        Pkcs12,
    }

    // By the first elements: every one of these is a SEQUENCE of its own shape.
    private static Kind KindOf(byte[] octets)
    {
        try
        {
            var body = new AsnReader(octets, AsnEncodingRules.BER).ReadSequence();
            if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            {
                var first = body.ReadSequence();
                // EncryptedPrivateKeyInfo: an algorithm, and octets (RFC 5958 §3).
                return first.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier) ? Kind.EncryptedKey : Kind.Certificate;
            }

            if (!body.TryReadInt32(out var version)) return Kind.None;
            var second = body.PeekTag();
            if (second.HasSameClassAndValue(Asn1Tag.Integer)) return Kind.RsaKey;
            if (second.HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)) return Kind.EcKey;
            if (!second.HasSameClassAndValue(Asn1Tag.Sequence)) return Kind.None;
            return version is 3 ? Kind.Pkcs12 : Kind.PrivateKey;
        }
        catch (AsnContentException)
        {
            return Kind.None;
        }
    }

    private static byte[] FromPkcs1(byte[] octets)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportRSAPrivateKey(octets, out _);
            return rsa.ExportPkcs8PrivateKey();
        }
        catch (CryptographicException fault)
        {
            throw new CmsFormatException("not an RSA private key", cause: fault);
        }
    }

    private static byte[] FromSec1(byte[] octets)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportECPrivateKey(octets, out _);
            return key.ExportPkcs8PrivateKey();
        }
        catch (CryptographicException fault)
        {
            throw new CmsFormatException("not an EC private key", cause: fault);
        }
    }

    private static byte[] Open(byte[] octets, string? password)
    {
        if (password is null) throw new CmsFormatException("the private key is encrypted and needs a password");
        return Guard("the password does not open the private key", () =>
            PrivateKeyInfoFactory.CreatePrivateKeyInfo(password.ToCharArray(), EncryptedPrivateKeyInfo.GetInstance(octets)).GetDerEncoded());
    }

    // Old files are encrypted with RC2, which the provider that System.Security.Cryptography stands on does not load.
    private static void ReadPkcs12(byte[] octets, string? password, List<byte[]> keys, List<ReadOnlyMemory<byte>> certificates) =>
        Guard(password is null ? "the PKCS #12 does not open without a password" : "the password does not open the PKCS #12, or it is damaged", () =>
        {
            using var contents = Pkcs12Contents.Read(octets, password?.ToCharArray() ?? []);
            keys.AddRange(contents.Keys.Select(k => k.ToArray()));
            certificates.AddRange(contents.Certificates);
            if (keys.Count + certificates.Count > MostObjects) throw new CmsFormatException("too many objects", CmsFault.TooLarge);
            return true;
        });

    // BouncyCastle has no one kind of exception for octets that are not what they should be.
    private static T Guard<T>(string reason, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is not (CmsFormatException or OutOfMemoryException))
        {
            throw new CmsFormatException(reason, cause: fault);
        }
    }
}
