using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Keys;

/// <summary>Takes software signing keys with their certificates from files (<see cref="KeyFile"/>).</summary>
public static class SoftwareSigningKeyReader
{
    /// <summary>Of a key file in PEM or DER (PKCS #8, also encrypted; PKCS #1; SEC 1) and its certificate in DER.</summary>
    /// <exception cref="CmsFormatException">It is no key, the password does not open it, or it is not the certificate's.</exception>
    public static SoftwareSigningKey ReadKey(ReadOnlySpan<byte> file, ReadOnlyMemory<byte> certificate, string? password = null, SigningChoice? choice = null)
    {
        using var read = KeyFile.Read(file, password);
        return read.Keys is [var first, ..] ? SoftwareSigningKey.Create(first.Pkcs8, certificate, choice) : throw new CmsFormatException("no private key");
    }

    /// <summary>Of PEM that holds keys and certificates in any order: the first key that signs and has its certificate there.</summary>
    /// <returns>The key, and all the certificates that were there, in order.</returns>
    /// <exception cref="CmsFormatException">It is no such file, the password does not open it, or there is no such key.</exception>
    public static (SoftwareSigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadPem(ReadOnlySpan<byte> pem, string? password = null, SigningChoice? choice = null) => ReadFirst(pem, password, choice);

    /// <summary>Of PKCS #12 (RFC 7292): its first key that signs.</summary>
    /// <returns>The key, and all certificates that are in the file.</returns>
    /// <exception cref="CmsFormatException">It is no PKCS #12, the password does not open it, or it has no key that signs.</exception>
    public static (SoftwareSigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadPkcs12(ReadOnlySpan<byte> file, string? password, SigningChoice? choice = null) => ReadFirst(file, password, choice);

    private static (SoftwareSigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadFirst(ReadOnlySpan<byte> file, string? password, SigningChoice? choice)
    {
        using var read = KeyFile.Read(file, password);
        if (read.Keys.Count is 0) throw new CmsFormatException("no private key");
        CmsFormatException? last = null;
        foreach (var (key, own) in read.SigningPairs(read.Certificates))
        {
            try
            {
                return (SoftwareSigningKey.Create(key.Pkcs8, own, choice), read.Certificates);
            }
            catch (CmsFormatException fault)
            {
                // A key for encryption may stand beside it.
                last = fault;
            }
        }

        throw last ?? new CmsFormatException("no certificate of the private key");
    }
}
