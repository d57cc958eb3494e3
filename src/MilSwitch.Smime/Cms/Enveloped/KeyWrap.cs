using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>Keys wrapped in keys: AES key wrap (RFC 3394, RFC 3565 §2.3) and that of passwords (RFC 3211 §2.3). Pure but for fresh padding.</summary>
internal static class KeyWrap
{
    /// <summary>Octets of the key-encryption key; 0: not an AES key wrap.</summary>
    public static int KeyLength(string algorithm) => algorithm switch
    {
        EnvelopedOids.Aes128Wrap => 16,
        EnvelopedOids.Aes192Wrap => 24,
        EnvelopedOids.Aes256Wrap => 32,
        _ => 0,
    };

    public static string Algorithm(int keyLength) => keyLength switch
    {
        16 => EnvelopedOids.Aes128Wrap,
        24 => EnvelopedOids.Aes192Wrap,
        _ => EnvelopedOids.Aes256Wrap,
    };

    public static byte[] Wrap(ReadOnlySpan<byte> kek, byte[] key)
    {
        var engine = new AesWrapEngine();
        engine.Init(true, new KeyParameter(kek));
        return engine.Wrap(key, 0, key.Length);
    }

    /// <summary>Null when it does not open.</summary>
    public static byte[]? Unwrap(ReadOnlySpan<byte> kek, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length is < 24 or > 72 || wrapped.Length % 8 is not 0) return null;
        try
        {
            var engine = new AesWrapEngine();
            engine.Init(false, new KeyParameter(kek));
            return engine.Unwrap(wrapped.ToArray(), 0, wrapped.Length);
        }
        catch (InvalidCipherTextException)
        {
            return null;
        }
    }

    /// <summary>
    /// The cipher inside <c>id-alg-PWRI-KEK</c>: AES-CBC alone; its key length in octets, or null. Others are not used with passwords.
    /// </summary>
    public static (int KeyLength, byte[] Vector)? PasswordCipher(AlgorithmIdentifier wrap)
    {
        if (wrap.Algorithm != EnvelopedOids.PwriKek) return null;
        try
        {
            var inner = AlgorithmIdentifier.Read(new AsnReader(wrap.Parameters, AsnEncodingRules.BER));
            return ContentCipher.From(inner) is { Kind: ContentCipher.Family.AesCbc } cipher ? (cipher.KeyLength, cipher.Nonce.ToArray()) : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    // Length, three complemented check octets, key, random padding up to two blocks at least; encrypted twice, the second time
    // with the last block of the first as vector (RFC 3211 §2.3.1).
    public static byte[] WrapByPassword(byte[] kek, byte[] vector, ReadOnlySpan<byte> key)
    {
        var block = new byte[Math.Max(32, (key.Length + 4 + 15) / 16 * 16)];
        RandomNumberGenerator.Fill(block);
        block[0] = (byte)key.Length;
        for (var i = 0; i < 3; i++) block[i + 1] = (byte)~key[i];
        key.CopyTo(block.AsSpan(4));
        using var aes = Aes.Create();
        aes.Key = kek;
        aes.EncryptCbc(block, vector, block, PaddingMode.None);
        aes.EncryptCbc(block, block.AsSpan(block.Length - 16).ToArray(), block, PaddingMode.None);
        return block;
    }

    /// <summary>Null when it does not open (RFC 3211 §2.3.2).</summary>
    public static byte[]? UnwrapByPassword(byte[] kek, byte[] vector, ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length is < 32 or > 128 || wrapped.Length % 16 is not 0) return null;
        using var aes = Aes.Create();
        aes.Key = kek;
        // The vector of the outer layer is the last block of the inner one: it comes out of the last two outer blocks.
        var inner = aes.DecryptCbc(wrapped[^16..], wrapped[^32..^16], PaddingMode.None);
        var block = new byte[wrapped.Length];
        aes.DecryptCbc(wrapped, inner, block, PaddingMode.None);
        aes.DecryptCbc(block, vector, block, PaddingMode.None);
        int length = block[0];
        var sound = length is >= 3 && length <= block.Length - 4 && ((byte)(block[1] ^ block[4]) & (block[2] ^ block[5]) & (block[3] ^ block[6])) is 0xFF;
        var key = sound ? block.AsSpan(4, length).ToArray() : null;
        CryptographicOperations.ZeroMemory(block);
        return key;
    }
}
