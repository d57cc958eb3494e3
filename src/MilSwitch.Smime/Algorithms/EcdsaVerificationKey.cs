using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace MilSwitch.Smime.Algorithms;

internal sealed class EcdsaVerificationKey : VerificationKey
{
    private readonly ConcurrentBag<ECDsa> idle = [];
    private readonly ECParameters parameters;

    private EcdsaVerificationKey(ECParameters parameters, int size)
        : base(SignatureFamily.Ecdsa, size) => this.parameters = parameters;

    /// <summary>Named curves only: explicit parameters let others choose the group (RFC 5480 §2.1.1).</summary>
    public static EcdsaVerificationKey? Read(ReadOnlyMemory<byte> curve, ReadOnlyMemory<byte> point)
    {
        var reader = new AsnReader(curve, AsnEncodingRules.BER);
        if (!reader.PeekTag().HasSameClassAndValue(Asn1Tag.ObjectIdentifier)) return null;
        var (named, size) = reader.ReadObjectIdentifier() switch
        {
            "1.2.840.10045.3.1.7" => (ECCurve.NamedCurves.nistP256, 256),
            "1.3.132.0.34" => (ECCurve.NamedCurves.nistP384, 384),
            "1.3.132.0.35" => (ECCurve.NamedCurves.nistP521, 521),
            _ => (default, 0),
        };
        reader.ThrowIfNotEmpty();
        if (size is 0) return null;
        var length = (size + 7) / 8;
        // Compressed points are seen nowhere in certificates and .NET takes none.
        if (point.Length != (2 * length) + 1 || point.Span[0] is not 4) return null;
        var q = new ECPoint { X = point.Slice(1, length).ToArray(), Y = point.Slice(1 + length, length).ToArray() };
        var read = new EcdsaVerificationKey(new ECParameters { Curve = named, Q = q }, size);
        read.idle.Add(ECDsa.Create(read.parameters));
        return read;
    }

    public override bool VerifyDigest(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature)
    {
        if (value.Length != digest.Length) return false;
        var key = idle.TryTake(out var taken) ? taken : ECDsa.Create(parameters);
        try
        {
            return key.VerifyHash(value, signature, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            idle.Add(key);
        }
    }
}
