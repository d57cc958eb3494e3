using System.Formats.Asn1;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using BigInteger = Org.BouncyCastle.Math.BigInteger;

namespace MilSwitch.Smime.Algorithms;

/// <summary>By BouncyCastle: .NET refuses the odd parameters of old mail.</summary>
internal sealed class DsaVerificationKey : VerificationKey
{
    // FIPS 186-4 §4.2 ends at 3072; a longer prime makes every verification slow.
    private const int Largest = 3_072;
    private readonly DsaPublicKeyParameters key;

    private DsaVerificationKey(DsaPublicKeyParameters key)
        : base(SignatureFamily.Dsa, key.Parameters.P.BitLength) => this.key = key;

    /// <returns>Null: no parameters, neither its own nor inherited.</returns>
    public static DsaVerificationKey? Read(in AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> octets, DsaVerificationKey? issuer)
    {
        var y = Number(new AsnReader(octets, AsnEncodingRules.BER));
        var parameters = issuer?.key.Parameters;
        if (!algorithm.HasNoParameters)
        {
            var sequence = new AsnReader(algorithm.Parameters, AsnEncodingRules.BER).ReadSequence();
            var (p, q, g) = (Number(sequence), Number(sequence), Number(sequence));
            sequence.ThrowIfNotEmpty();
            if (p.BitLength is < 512 or > Largest || q.BitLength is < 160 or > 256 || g.CompareTo(BigInteger.One) <= 0 || g.CompareTo(p) >= 0) return null;
            parameters = new DsaParameters(p, q, g);
        }

        return parameters is null ? null : new DsaVerificationKey(new DsaPublicKeyParameters(y, parameters));
    }

    public override bool VerifyDigest(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature)
    {
        try
        {
            var reader = new AsnReader(signature.ToArray(), AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var (r, s) = (Number(sequence), Number(sequence));
            sequence.ThrowIfNotEmpty();
            var verifier = new DsaSigner();
            verifier.Init(forSigning: false, key);
            return verifier.VerifySignature(value.ToArray(), r, s);
        }
        catch (Exception fault) when (fault is AsnContentException or ArithmeticException or ArgumentException)
        {
            return false;
        }
    }

    private static BigInteger Number(AsnReader reader) => new(reader.ReadIntegerBytes().ToArray());
}
