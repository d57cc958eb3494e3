using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace MilSwitch.Smime.Algorithms;

internal sealed class Ed25519VerificationKey : VerificationKey
{
    private const int SignatureLength = 64;
    private readonly Ed25519PublicKeyParameters key;

    private Ed25519VerificationKey(Ed25519PublicKeyParameters key)
        : base(SignatureFamily.Ed25519, 256) => this.key = key;

    public static Ed25519VerificationKey Read(byte[] key) => new(new Ed25519PublicKeyParameters(key));

    public override bool VerifyDigest(in SignatureScheme scheme, DigestAlgorithm digest, ReadOnlySpan<byte> value, ReadOnlySpan<byte> signature) => false;

    private protected override bool VerifyOctets(ReadOnlySpan<byte> octets, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureLength) return false;
        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, key);
        verifier.BlockUpdate(octets);
        return verifier.VerifySignature(signature.ToArray());
    }
}
