using System.Collections.Concurrent;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace MilSwitch.Smime.Algorithms;

/// <summary>Pure mode with an empty context (RFC 9882 §3.1). .NET where its OpenSSL has ML-DSA, else BouncyCastle.</summary>
internal sealed class MlDsaVerificationKey : VerificationKey
{
    private readonly ConcurrentBag<MLDsa>? idle;
    private readonly byte[] octetsOfKey;
    private readonly MLDsaPublicKeyParameters? substitute;

    private MlDsaVerificationKey(int size, byte[] key)
        : base(SignatureFamily.MlDsa, size)
    {
        octetsOfKey = key;
        if (MLDsa.IsSupported) idle = [Import()];
        else substitute = MLDsaPublicKeyParameters.FromEncoding(Substitute(size), key);
    }

    public static MLDsaParameters Substitute(int size) =>
        size switch { 44 => MLDsaParameters.ml_dsa_44, 65 => MLDsaParameters.ml_dsa_65, _ => MLDsaParameters.ml_dsa_87 };

    public static MLDsaAlgorithm Native(int size) => size switch { 44 => MLDsaAlgorithm.MLDsa44, 65 => MLDsaAlgorithm.MLDsa65, _ => MLDsaAlgorithm.MLDsa87 };

    public static MlDsaVerificationKey Read(int size, byte[] key) => new(size, key);

    public override bool VerifyDigest(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature) => false;

    private protected override bool VerifyOctets(ReadOnlySpan<byte> octets, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != Native(Size).SignatureSizeInBytes) return false;
        if (idle is null)
        {
            var verifier = new MLDsaSigner(Substitute(Size), deterministic: false);
            verifier.Init(forSigning: false, substitute);
            verifier.BlockUpdate(octets);
            return verifier.VerifySignature(signature.ToArray());
        }

        var key = idle.TryTake(out var taken) ? taken : Import();
        try
        {
            return key.VerifyData(octets, signature);
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

    private MLDsa Import() => MLDsa.ImportMLDsaPublicKey(Native(Size), octetsOfKey);
}
