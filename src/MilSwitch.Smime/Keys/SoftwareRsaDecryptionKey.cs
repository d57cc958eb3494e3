using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Keys;

/// <summary>RSA: RSAES-OAEP and PKCS#1 v1.5 with implicit rejection.</summary>
internal sealed class SoftwareRsaDecryptionKey : SoftwareDecryptionKey
{
    private readonly RSA _key = RSA.Create();
    private readonly byte[] _rejection = new byte[32];
    private readonly Lazy<AsymmetricKeyParameter> _odd;

    public SoftwareRsaDecryptionKey(ReadOnlyMemory<byte> certificate, RecipientCertificate owner, ReadOnlySpan<byte> privateKeyInfo)
        : base(certificate)
    {
        _key.ImportPkcs8PrivateKey(privateKeyInfo, out _);
        Belong(_key.ExportRSAPublicKey().AsSpan().SequenceEqual(owner.PublicKey.Span));
        // The key of rejection follows from the private key, so that the answer to the same octets is the same after a restart.
        SHA256.HashData(privateKeyInfo, _rejection);
        _odd = new Lazy<AsymmetricKeyParameter>(() => PrivateKeyFactory.CreateKey(_key.ExportPkcs8PrivateKey()));
    }

    public override ValueTask<byte[]?> UnwrapAsync(
        AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(algorithm.Algorithm == EnvelopedOids.RsaEncryption
            ? UnwrapPkcs1(encryptedKey.Span, keyLength)
            : OaepParameters.From(algorithm) is { } parameters ? UnwrapOaep(parameters, encryptedKey) : null);

    private protected override void Release()
    {
        _key.Dispose();
        CryptographicOperations.ZeroMemory(_rejection);
    }

    private byte[]? UnwrapOaep(OaepParameters parameters, ReadOnlyMemory<byte> encryptedKey)
    {
        try
        {
            return parameters.IsPlain ? _key.Decrypt(encryptedKey.Span, RSAEncryptionPadding.CreateOaep(parameters.Digest)) : UnwrapOddOaep(parameters, encryptedKey.ToArray());
        }
        catch (Exception fault) when (fault is CryptographicException or CryptoException)
        {
            return null;
        }
    }

    // Two digests or a label, which RSA here does not know; rare, and the slower arithmetic is blinded.
    private byte[]? UnwrapOddOaep(OaepParameters parameters, byte[] encryptedKey)
    {
        if (encryptedKey.Length != (_key.KeySize + 7) / 8) return null;
        var encoding = new OaepEncoding(new RsaBlindedEngine(), Digest(parameters.Digest), Digest(parameters.MaskDigest), parameters.Label.ToArray());
        encoding.Init(false, _odd.Value);
        return encoding.ProcessBlock(encryptedKey, 0, encryptedKey.Length);
    }

    private static IDigest Digest(HashAlgorithmName name) =>
        name == HashAlgorithmName.SHA1 ? new Sha1Digest()
        : name == HashAlgorithmName.SHA256 ? new Sha256Digest()
        : name == HashAlgorithmName.SHA384 ? new Sha384Digest()
        : new Sha512Digest();

    // RFC 3218 §2.3.2: what is wrongly padded yields a key that fits nothing, made before and chosen without a branch. Where the
    // library throws for wrong padding, a sound one throws too, so that both take that time.
    private byte[] UnwrapPkcs1(ReadOnlySpan<byte> encryptedKey, int keyLength)
    {
        var key = Rejected(encryptedKey, keyLength);
        var opened = new byte[(_key.KeySize + 7) / 8];
        var length = -1;
        try
        {
            if (_key.TryDecrypt(encryptedKey, opened, RSAEncryptionPadding.Pkcs1, out var written)) length = written;
            throw new CryptographicException();
        }
        catch (CryptographicException)
        {
            // See above.
        }

        var right = ~(((length ^ keyLength) | -(length ^ keyLength)) >> 31);
        for (var i = 0; i < key.Length; i++) key[i] ^= (byte)(right & (key[i] ^ opened[i]));
        CryptographicOperations.ZeroMemory(opened);
        return key;
    }

    private byte[] Rejected(ReadOnlySpan<byte> encryptedKey, int keyLength)
    {
        Span<byte> digest = stackalloc byte[32];
        HMACSHA256.HashData(_rejection, encryptedKey, digest);
        var key = new byte[keyLength];
        HKDF.Expand(HashAlgorithmName.SHA256, digest, key, default);
        return key;
    }
}
