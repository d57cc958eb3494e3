using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>The cipher of a content as its algorithm identifier describes it. Immutable.</summary>
/// <param name="Kind">The cipher.</param>
/// <param name="KeyLength">In octets.</param>
/// <param name="Nonce">Initialization vector or nonce.</param>
/// <param name="TagLength">Octets of the code; 0: the cipher has none.</param>
internal readonly record struct ContentCipher(ContentCipher.Family Kind, int KeyLength, ReadOnlyMemory<byte> Nonce, int TagLength)
{
    internal enum Family : byte
    {
        AesGcm,
        AesCbc,
        TripleDes,
        Rc2,
    }

    /// <summary>3DES and RC2, for old mail only.</summary>
    public bool IsLegacy => Kind is Family.TripleDes or Family.Rc2;

    public bool IsAuthenticated => Kind is Family.AesGcm;

    private int BlockLength => Kind is Family.AesCbc ? 16 : 8;

    /// <summary>Null when it is not one of ours, or its parameters are not.</summary>
    public static ContentCipher? From(AlgorithmIdentifier algorithm)
    {
        try
        {
            return algorithm.Algorithm switch
            {
                EnvelopedOids.Aes128Gcm => Gcm(16, algorithm),
                EnvelopedOids.Aes192Gcm => Gcm(24, algorithm),
                EnvelopedOids.Aes256Gcm => Gcm(32, algorithm),
                EnvelopedOids.Aes128Cbc => Cbc(Family.AesCbc, 16, algorithm),
                EnvelopedOids.Aes192Cbc => Cbc(Family.AesCbc, 24, algorithm),
                EnvelopedOids.Aes256Cbc => Cbc(Family.AesCbc, 32, algorithm),
                EnvelopedOids.TripleDesCbc => Cbc(Family.TripleDes, 24, algorithm),
                EnvelopedOids.Rc2Cbc => Rc2(algorithm),
                _ => null,
            };
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    // GCMParameters ::= SEQUENCE { aes-nonce OCTET STRING, aes-ICVlen INTEGER (12..16) DEFAULT 12 } (RFC 5084 §3.2).
    private static ContentCipher? Gcm(int keyLength, AlgorithmIdentifier algorithm)
    {
        var sequence = new AsnReader(algorithm.Parameters, AsnEncodingRules.BER).ReadSequence();
        var nonce = sequence.ReadOctetString();
        var tag = 12;
        if (sequence.HasData && !sequence.TryReadInt32(out tag)) return null;
        sequence.ThrowIfNotEmpty();
        return nonce.Length is 12 && tag is >= 12 and <= 16 ? new ContentCipher(Family.AesGcm, keyLength, nonce, tag) : null;
    }

    private static ContentCipher? Cbc(Family kind, int keyLength, AlgorithmIdentifier algorithm)
    {
        var vector = new AsnReader(algorithm.Parameters, AsnEncodingRules.BER).ReadOctetString();
        var cipher = new ContentCipher(kind, keyLength, vector, 0);
        return vector.Length == cipher.BlockLength ? cipher : null;
    }

    // RC2CBCParameter ::= SEQUENCE { rc2ParameterVersion INTEGER, iv OCTET STRING (8) } (RFC 3370 §5.2, RFC 2268 §6).
    private static ContentCipher? Rc2(AlgorithmIdentifier algorithm)
    {
        var sequence = new AsnReader(algorithm.Parameters, AsnEncodingRules.BER).ReadSequence();
        if (!sequence.TryReadInt32(out var version)) return null;
        var vector = sequence.ReadOctetString();
        sequence.ThrowIfNotEmpty();
        var keyLength = version switch { 160 => 5, 120 => 8, 58 => 16, _ => 0 };
        return keyLength is 0 || vector.Length is not 8 ? null : new ContentCipher(Family.Rc2, keyLength, vector, 0);
    }

    /// <summary>
    /// Decrypts into the destination, which may be where the octets are; its length is theirs. What is there after a failure is
    /// cleared, and every failure looks alike (threat C9).
    /// </summary>
    /// <returns>Octets of the content; -1: it does not open.</returns>
    public int Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> encrypted, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        var length = -1;
        try
        {
            if (IsAuthenticated)
            {
                if (tag.Length != TagLength) return -1;
                using var gcm = new AesGcm(key, TagLength);
                gcm.Decrypt(Nonce.Span, encrypted, tag, destination, associated);
                length = encrypted.Length;
            }
            else if (!encrypted.IsEmpty && encrypted.Length % BlockLength is 0)
            {
                DecryptBlocks(key, encrypted, destination);
                length = Unpadded(destination, BlockLength);
            }
        }
        catch (CryptographicException)
        {
            // The tag is wrong, or the key is weak in the sense of DES: as good as any other wrong key.
        }

        if (length < 0) CryptographicOperations.ZeroMemory(destination);
        return length;
    }

    private void DecryptBlocks(ReadOnlySpan<byte> key, ReadOnlySpan<byte> encrypted, Span<byte> destination)
    {
        if (Kind is Family.Rc2)
        {
            // OpenSSL keeps RC2 in a provider that is not loaded.
            var cipher = new CbcBlockCipher(new RC2Engine());
            cipher.Init(false, new ParametersWithIV(new RC2Parameters(key.ToArray(), key.Length * 8), Nonce.ToArray()));
            for (var i = 0; i < encrypted.Length; i += BlockLength) cipher.ProcessBlock(encrypted[i..], destination[i..]);
            return;
        }

        using SymmetricAlgorithm block = Kind is Family.AesCbc ? Aes.Create() : TripleDES.Create();
        block.SetKey(key);
        block.DecryptCbc(encrypted, Nonce.Span, destination, PaddingMode.None);
    }

    // RFC 5652 §6.3 padding, without a branch on what the octets are: the loop always covers a whole block.
    private static int Unpadded(ReadOnlySpan<byte> padded, int blockLength)
    {
        int last = padded[^1];
        var bad = ((last - 1) >> 31) | ((blockLength - last) >> 31);
        for (var i = 1; i <= blockLength; i++)
        {
            var inPadding = ~((last - i) >> 31);
            bad |= inPadding & (padded[^i] ^ last);
        }

        return bad is 0 ? padded.Length - last : -1;
    }

    /// <summary>Encrypts where the octets are; AES only.</summary>
    /// <param name="key">Of <see cref="KeyLength"/>.</param>
    /// <param name="buffer">The content and, for CBC, room for the padding.</param>
    /// <param name="length">Octets of the content.</param>
    /// <param name="tag">Takes the code.</param>
    /// <param name="associated">What is authenticated besides.</param>
    /// <returns>Octets of the encrypted content.</returns>
    public int Encrypt(ReadOnlySpan<byte> key, Span<byte> buffer, int length, Span<byte> tag, ReadOnlySpan<byte> associated)
    {
        if (IsAuthenticated)
        {
            using var gcm = new AesGcm(key, TagLength);
            gcm.Encrypt(Nonce.Span, buffer[..length], buffer[..length], tag, associated);
            return length;
        }

        var padding = BlockLength - (length % BlockLength);
        var padded = buffer[..(length + padding)];
        padded[length..].Fill((byte)padding);
        using var aes = Aes.Create();
        aes.SetKey(key);
        return aes.EncryptCbc(padded, Nonce.Span, padded, PaddingMode.None);
    }
}
