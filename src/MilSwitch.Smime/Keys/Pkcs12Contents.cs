using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using EncryptedData = Org.BouncyCastle.Asn1.Pkcs.EncryptedData;

namespace MilSwitch.Smime.Keys;

/// <summary>
/// Every key and certificate of a PKCS #12 (RFC 7292 §4) in its order. A store that files them by friendlyName keeps one of
/// several keys of the same name, as a key to sign and a key to decrypt of one person are (RFC 9216 §4.5). Dispose it: that
/// clears the keys.
/// </summary>
internal sealed class Pkcs12Contents : IDisposable
{
    private readonly List<byte[]> keys = [];
    private readonly List<byte[]> certificates = [];

    private Pkcs12Contents()
    {
    }

    /// <summary>DER, each once.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates => [.. certificates.DistinctBy(Convert.ToHexString).Select(c => (ReadOnlyMemory<byte>)c)];

    /// <summary>PKCS #8. Which certificate is a key's own, its public half tells.</summary>
    public IReadOnlyList<byte[]> Keys => keys;

    /// <summary>Reads one. BouncyCastle throws exceptions of every kind for octets that are none, and for a wrong password.</summary>
    public static Pkcs12Contents Read(byte[] octets, char[]? password)
    {
        // It checks the code over the whole, and so the password, before anything else is done with it.
        new Pkcs12StoreBuilder().Build().Load(new MemoryStream(octets, writable: false), password);
        var contents = new Pkcs12Contents();
        try
        {
            var safe = Asn1OctetString.GetInstance(Pfx.GetInstance(Asn1Object.FromByteArray(octets)).AuthSafe.Content);
            foreach (var info in AuthenticatedSafe.GetInstance(Asn1Object.FromByteArray(safe.GetOctets())).GetContentInfo())
            {
                if (info.ContentType.Equals(PkcsObjectIdentifiers.Data)) contents.Add(Asn1OctetString.GetInstance(info.Content).GetOctets(), password);
                else if (info.ContentType.Equals(PkcsObjectIdentifiers.EncryptedData)) contents.Add(Decrypt(EncryptedData.GetInstance(info.Content), password), password);
            }
        }
        catch
        {
            contents.Dispose();
            throw;
        }

        return contents;
    }

    public void Dispose()
    {
        foreach (var key in keys) CryptographicOperations.ZeroMemory(key);
    }

    private void Add(byte[] safeContents, char[]? password)
    {
        foreach (var element in Asn1Sequence.GetInstance(safeContents))
        {
            var bag = SafeBag.GetInstance(element);
            if (bag.BagID.Equals(PkcsObjectIdentifiers.CertBag))
            {
                var value = CertBag.GetInstance(bag.BagValue);
                if (value.CertID.Equals(PkcsObjectIdentifiers.X509Certificate)) certificates.Add(Asn1OctetString.GetInstance(value.CertValue).GetOctets());
            }
            else if (bag.BagID.Equals(PkcsObjectIdentifiers.Pkcs8ShroudedKeyBag))
            {
                keys.Add(PrivateKeyInfoFactory.CreatePrivateKeyInfo(password ?? [], EncryptedPrivateKeyInfo.GetInstance(bag.BagValue)).GetDerEncoded());
            }
            else if (bag.BagID.Equals(PkcsObjectIdentifiers.KeyBag))
            {
                keys.Add(PrivateKeyInfo.GetInstance(bag.BagValue).GetDerEncoded());
            }
        }
    }

    private static byte[] Decrypt(EncryptedData data, char[]? password)
    {
        var cipher = (IBufferedCipher)PbeUtilities.CreateEngine(data.EncryptionAlgorithm);
        cipher.Init(forEncryption: false, PbeUtilities.GenerateCipherParameters(data.EncryptionAlgorithm, password ?? []));
        return cipher.DoFinal(data.Content.GetOctets());
    }
}
