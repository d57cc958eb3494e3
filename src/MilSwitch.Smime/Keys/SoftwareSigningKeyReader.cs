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

    /// <summary>Of PEM or PKCS #12 that holds keys and certificates: the first key that signs and has its certificate there.</summary>
    /// <param name="file">In any order.</param>
    /// <param name="password">For an encrypted key, or the PKCS #12.</param>
    /// <param name="choice">What the key leaves open.</param>
    /// <returns>The key, and all the certificates that were there, in order.</returns>
    /// <exception cref="CmsFormatException">It is no such file, the password does not open it, or there is no such key.</exception>
    public static (SoftwareSigningKey Key, IReadOnlyList<ReadOnlyMemory<byte>> Certificates) ReadWithCertificate(ReadOnlySpan<byte> file, string? password = null, SigningChoice? choice = null)
    {
        using var read = KeyFile.Read(file, password);
        if (read.Keys.Count is 0) throw new CmsFormatException("no private key");
        CmsFormatException? last = null;
        foreach (var key in read.Keys)
        {
            if (key.FindCertificates(read.Certificates).ToArray() is not [var own, ..]) continue;
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
