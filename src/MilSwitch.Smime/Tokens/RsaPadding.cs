using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// Takes the padding off what a token decrypted without judging it. The length of the message is known beforehand, so every
/// octet has a place of its own and nothing depends on what they are: neither branches nor addresses nor the outcome's time
/// (RFC 8017 §7.1.2 and §7.2.2 warn of Manger and Bleichenbacher).
/// </summary>
internal static class RsaPadding
{
    // Of this process and of nothing else, so that the stand-ins can't be foretold.
    private static readonly byte[] StandInSecret = RandomNumberGenerator.GetBytes(32);

    /// <summary>EME-OAEP decoding.</summary>
    /// <param name="block">As long as the modulus. It is cleared.</param>
    /// <param name="oaep">Digests and label.</param>
    /// <param name="length">Octets that the message must have.</param>
    /// <returns>The message, or null when anything is wrong.</returns>
    public static byte[]? RemoveOaep(Span<byte> block, OaepParameters oaep, int length)
    {
        var label = CryptographicOperations.HashData(oaep.Digest, oaep.Label);
        var digest = label.Length;
        // Lengths are public.
        if (length <= 0 || block.Length < (2 * digest) + 2 + length) return null;
        var seed = block.Slice(1, digest);
        var data = block[(1 + digest)..];
        Mask(seed, data, oaep.MaskDigest);
        Mask(data, seed, oaep.MaskDigest);

        var wrong = (int)block[0];
        for (var i = 0; i < digest; i++) wrong |= data[i] ^ label[i];
        var separator = data.Length - length - 1;
        for (var i = digest; i < separator; i++) wrong |= data[i];
        wrong |= data[separator] ^ 1;
        var message = wrong is 0 ? data[^length..].ToArray() : null;
        CryptographicOperations.ZeroMemory(block);
        return message;
    }

    /// <summary>EME-PKCS1-v1_5 decoding with implicit rejection: what is wrong yields <paramref name="standIn"/> instead, and nothing tells.</summary>
    /// <param name="block">As long as the modulus. It is cleared.</param>
    /// <param name="standIn">As long as the message must be; it becomes the outcome.</param>
    public static void RemovePkcs1(Span<byte> block, Span<byte> standIn)
    {
        var length = standIn.Length;
        var separator = block.Length - length - 1;
        if (separator < 10)
        {
            CryptographicOperations.ZeroMemory(block);
            return;
        }

        var wrong = block[0] | (block[1] ^ 2) | block[separator];
        for (var i = 2; i < separator; i++) wrong |= IsZero(block[i]);
        // All ones when right, zero when wrong.
        var right = (byte)(IsZero(wrong) * 0xFF);
        for (var i = 0; i < length; i++) standIn[i] = (byte)((block[separator + 1 + i] & right) | (standIn[i] & ~right));
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>A key that fits nothing, the same for the same octets and key.</summary>
    public static byte[] StandIn(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> ciphertext, int length)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, StandInSecret);
        mac.AppendData(publicKey);
        mac.AppendData(ciphertext);
        return HKDF.Expand(HashAlgorithmName.SHA256, mac.GetHashAndReset(), length, []);
    }

    // 1 for zero, else 0, for values below 2^31.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int IsZero(int value) => (int)((uint)(~value & (value - 1)) >> 31);

    // MGF1 (RFC 8017 §B.2.1), exclusive-or'ed onto the target.
    private static void Mask(Span<byte> target, ReadOnlySpan<byte> seed, HashAlgorithmName name)
    {
        using var hash = IncrementalHash.CreateHash(name);
        Span<byte> counter = stackalloc byte[4];
        Span<byte> mask = stackalloc byte[hash.HashLengthInBytes];
        for (var done = 0; done < target.Length; done += mask.Length)
        {
            BinaryPrimitives.WriteInt32BigEndian(counter, done / mask.Length);
            hash.AppendData(seed);
            hash.AppendData(counter);
            hash.GetHashAndReset(mask);
            for (var i = 0; i < mask.Length && done + i < target.Length; i++) target[done + i] ^= mask[i];
        }

        CryptographicOperations.ZeroMemory(mask);
    }
}
