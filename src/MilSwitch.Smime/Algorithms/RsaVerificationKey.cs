using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace MilSwitch.Smime.Algorithms;

internal sealed class RsaVerificationKey : VerificationKey
{
    // More than anybody uses; keeps one key from taking the processor for seconds.
    private const int Largest = 16_384;
    private const int Least = 512;

    // RSA objects are not promised to be thread-safe: each verification takes one that no other uses.
    private readonly ConcurrentBag<RSA> idle = [];
    private readonly RSAParameters parameters;

    private RsaVerificationKey(RSAParameters parameters, SignatureFamily family, int size)
        : base(family, size) => this.parameters = parameters;

    public static RsaVerificationKey? Read(ReadOnlyMemory<byte> key, SignatureFamily family)
    {
        var sequence = new AsnReader(key, AsnEncodingRules.BER).ReadSequence();
        var modulus = sequence.ReadIntegerBytes().Span.TrimStart((byte)0);
        var exponent = sequence.ReadIntegerBytes().Span.TrimStart((byte)0);
        sequence.ThrowIfNotEmpty();
        if (modulus.IsEmpty || (modulus[^1] & 1) is 0 || exponent.IsEmpty || (exponent[^1] & 1) is 0) throw new CryptographicException("no RSA key");
        var size = (modulus.Length * 8) - byte.LeadingZeroCount(modulus[0]);
        // FIPS 186-5 §5.1 ends exponents at 2^256; a long one makes every verification slow.
        if (size is < Least or > Largest || exponent.Length > 32 || exponent is [1]) return null;
        var read = new RsaVerificationKey(new RSAParameters { Modulus = modulus.ToArray(), Exponent = exponent.ToArray() }, family, size);
        read.idle.Add(read.Import());
        return read;
    }

    public override bool VerifyDigest(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != parameters.Modulus!.Length || value.Length != digest.Length) return false;
        if (scheme.Family is SignatureFamily.RsaPss && scheme.Size != digest.Length) return VerifyPss(digest, value, signature, scheme.Size);
        if (digest.Platform is not { } platform) return false;
        var rsa = idle.TryTake(out var taken) ? taken : Import();
        try
        {
            return rsa.VerifyHash(value, signature, platform, scheme.Family is SignatureFamily.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            idle.Add(rsa);
        }
    }

    private RSA Import()
    {
        var rsa = RSA.Create();
        rsa.ImportParameters(parameters);
        return rsa;
    }

    // EMSA-PSS-VERIFY (RFC 8017 §9.1.2) for salts that are not as long as the digest, which .NET does not take: OpenSSL makes
    // the longest that fits. All of it is public, so ordinary arithmetic does.
    private bool VerifyPss(DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature, int saltLength)
    {
        var modulus = new BigInteger(parameters.Modulus, isUnsigned: true, isBigEndian: true);
        var number = new BigInteger(signature, isUnsigned: true, isBigEndian: true);
        if (number >= modulus) return false;
        number = BigInteger.ModPow(number, new BigInteger(parameters.Exponent, isUnsigned: true, isBigEndian: true), modulus);
        var bits = Size - 1;
        var encoded = new byte[(bits + 7) / 8];
        var octets = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        if (octets.Length > encoded.Length || encoded.Length < digest.Length + saltLength + 2 || digest.Platform is null) return false;
        octets.CopyTo(encoded, encoded.Length - octets.Length);
        var zeroBits = (8 * encoded.Length) - bits;
        if (encoded[^1] is not 0xBC || (encoded[0] & ~(0xFF >> zeroBits)) is not 0) return false;
        var block = encoded.AsSpan(0, encoded.Length - digest.Length - 1);
        var hash = encoded.AsSpan(block.Length, digest.Length);
        Unmask(digest, hash, block);
        block[0] &= (byte)(0xFF >> zeroBits);
        var padding = block.Length - saltLength - 1;
        if (block[..padding].ContainsAnyExcept((byte)0) || block[padding] is not 1) return false;
        using var hashing = IncrementalHash.CreateHash(digest.Platform.Value);
        hashing.AppendData(stackalloc byte[8]);
        hashing.AppendData(value);
        hashing.AppendData(block[(padding + 1)..]);
        return hashing.GetHashAndReset().AsSpan().SequenceEqual(hash);
    }

    // MGF1 (RFC 8017 §B.2.1), applied to the block.
    private static void Unmask(DigestAlgorithm digest, ReadOnlySpan<byte> seed, Span<byte> block)
    {
        Span<byte> input = stackalloc byte[seed.Length + 4];
        Span<byte> mask = stackalloc byte[digest.Length];
        seed.CopyTo(input);
        for (var counter = 0; !block.IsEmpty; counter++)
        {
            BinaryPrimitives.WriteInt32BigEndian(input[seed.Length..], counter);
            digest.Hash(input, mask);
            var count = Math.Min(mask.Length, block.Length);
            for (var i = 0; i < count; i++) block[i] ^= mask[i];
            block = block[count..];
        }
    }
}
