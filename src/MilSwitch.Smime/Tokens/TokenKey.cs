using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// A private key that never leaves its token, nor whichever token has it under the same label. Digests are taken and padding
/// is judged by the node that has the token; only a digest, a wrapped key or a point goes there.
/// </summary>
public sealed class TokenKey : ISigningKey, IDecryptionKey
{
    private readonly TokenDirectory directory;
    private readonly TokenKeyIdentity identity;
    private readonly TokenSignature signature;
    private readonly Precedence precedence;

    internal TokenKey(TokenDirectory directory, TokenKeyIdentity identity, ReadOnlyMemory<byte> certificate, TokenSignature signature, Precedence precedence)
    {
        this.directory = directory;
        this.identity = identity;
        this.signature = signature;
        this.precedence = precedence;
        Certificate = certificate;
    }

    public ReadOnlyMemory<byte> Certificate { get; }

    public AlgorithmIdentifier SignatureAlgorithm => signature.Signature;

    public AlgorithmIdentifier DigestAlgorithm => signature.DigestAlgorithm;

    internal TokenKeyIdentity Identity => identity;

    /// <summary>The same key for work of that level.</summary>
    public TokenKey At(Precedence level) => new(directory, identity, Certificate, signature, level);

    /// <exception cref="NotSupportedException">The token does not sign this way with this key.</exception>
    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default)
    {
        var kind = (identity.IsRsa, signature.IsPss) switch { (true, true) => KeyOperationKind.SignPss, (true, false) => KeyOperationKind.SignPkcs1, _ => KeyOperationKind.SignEcdsa };
        var operation = new KeyOperation(kind, CryptographicOperations.HashData(signature.Digest, octets.Span)) { Digest = signature.DigestAlgorithm.Algorithm };
        // Signing has no outcome that is null.
        return (await directory.DoAsync(precedence, identity, operation, cancellationToken))!;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Another kind of key, or the token does not open keys this way.</exception>
    /// <exception cref="Cms.CmsFormatException">The parameters are malformed.</exception>
    public async ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default)
    {
        if (!identity.IsRsa) throw new NotSupportedException("An EC key opens nothing by key transport.");
        var operation = algorithm.Algorithm switch
        {
            OaepParameters.RsaesOaep => new KeyOperation(KeyOperationKind.OpenOaep, encryptedKey) { Parameters = algorithm.Parameters, KeyLength = keyLength },
            TokenKeyIdentity.RsaEncryption => new KeyOperation(KeyOperationKind.OpenPkcs1, encryptedKey)
            {
                KeyLength = keyLength, StandIn = RsaPadding.StandIn(identity.Public, encryptedKey.Span, keyLength),
            },
            _ => throw new NotSupportedException($"Key transport by {algorithm.Algorithm} is not known."),
        };
        return await directory.DoAsync(precedence, identity, operation, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Another kind of key, or the token does not derive with this key.</exception>
    public async ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default)
    {
        if (identity.IsRsa) throw new NotSupportedException("An RSA key agrees on nothing.");
        return await directory.DoAsync(precedence, identity, new KeyOperation(KeyOperationKind.Agree, subjectPublicKeyInfo), cancellationToken);
    }

    /// <exception cref="NotSupportedException">Always: tokens encapsulate only from PKCS #11 v3.2 on.</exception>
    public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Keys on tokens open nothing by key encapsulation.");
}
