using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// A private key that never leaves its token, nor whichever token has it under the same label. Digests are taken and padding
/// is judged here; only a digest, a wrapped key or a point goes to the token.
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

    /// <summary>The same key for work of that level.</summary>
    public TokenKey At(Precedence level) => new(directory, identity, Certificate, signature, level);

    /// <exception cref="NotSupportedException">The token does not sign this way with this key.</exception>
    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> octets, CancellationToken cancellationToken = default)
    {
        var digest = CryptographicOperations.HashData(signature.Digest, octets.Span);
        var signed = await ((identity.IsRsa, signature.IsPss) switch
        {
            (true, true) => directory.DoAsync(precedence, identity, (session, key) => session.SignPss(key, digest, signature.Digest), cancellationToken),
            (true, false) => directory.DoAsync(precedence, identity, (session, key) => session.SignPkcs1(key, signature.DigestInfo(digest)), cancellationToken),
            _ => directory.DoAsync(precedence, identity, (session, key) => TokenSignature.ToSequence(session.SignEcdsa(key, digest)), cancellationToken),
        });
        // Signing has no outcome that is null.
        return signed!;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Another kind of key, or the token does not open keys this way.</exception>
    /// <exception cref="Cms.CmsFormatException">The parameters are malformed.</exception>
    public async ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default)
    {
        if (!identity.IsRsa) throw new NotSupportedException("An EC key opens nothing by key transport.");
        var oaep = algorithm.Algorithm switch
        {
            OaepParameters.RsaesOaep => OaepParameters.Read(algorithm.Parameters),
            TokenKeyIdentity.RsaEncryption => null,
            _ => throw new NotSupportedException($"Key transport by {algorithm.Algorithm} is not known."),
        };
        var ciphertext = encryptedKey.ToArray();
        var standIn = oaep is null ? RsaPadding.StandIn(identity.Public, ciphertext, keyLength) : null;
        // What is no number below the modulus is known to be wrong by everybody, and libraries answer it in many ways.
        if (ciphertext.Length != identity.Public.Length || ciphertext.AsSpan().SequenceCompareTo(identity.Public) >= 0) return standIn;
        return await directory.DoAsync(precedence, identity, (session, key) => Open(session, key, ciphertext, oaep, standIn, keyLength), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Another kind of key, or the token does not derive with this key.</exception>
    public async ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default)
    {
        if (identity.IsRsa) throw new NotSupportedException("An RSA key agrees on nothing.");
        if (PointOnCurve(subjectPublicKeyInfo) is not { } point) return null;
        return await directory.DoAsync(precedence, identity, (session, key) => session.Derive(key, point, identity.FieldLength), cancellationToken);
    }

    /// <exception cref="NotSupportedException">Always: tokens encapsulate only from PKCS #11 v3.2 on.</exception>
    public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Keys on tokens open nothing by key encapsulation.");

    // Without padding the token's answer and its time say nothing about what came out, whichever the digest; with the
    // token's own OAEP a bad message may look like a broken device (SoftHSM answers CKR_GENERAL_ERROR).
    private static byte[]? Open(
        TokenSession session, Net.Pkcs11Interop.HighLevelAPI.IObjectHandle key, byte[] ciphertext, OaepParameters? oaep, byte[]? standIn, int keyLength)
    {
        if (session.HasRawRsa)
        {
            var block = session.DecryptRaw(key, ciphertext);
            if (oaep is not null) return RsaPadding.RemoveOaep(block, oaep, keyLength);
            var opened = (byte[])standIn!.Clone();
            RsaPadding.RemovePkcs1(block, opened);
            return opened;
        }

        if (oaep is null) throw new NotSupportedException("PKCS #1 v1.5 is opened only where the token decrypts RSA without padding: its own judgement of the padding is an oracle");
        var message = session.DecryptOaep(key, ciphertext, oaep);
        if (message is null || message.Length == keyLength) return message;
        CryptographicOperations.ZeroMemory(message);
        return null;
    }

    // A point that is on another curve would tell the other side bits of the key; OpenSSL checks it while it reads.
    private byte[]? PointOnCurve(ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        try
        {
            var sequence = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            if (algorithm.Algorithm is not TokenKeyIdentity.EcPublicKey || new AsnReader(algorithm.Parameters, AsnEncodingRules.DER).ReadObjectIdentifier() != identity.Curve) return null;
            using var other = ECDiffieHellman.Create();
            other.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo.Span, out var read);
            if (read != subjectPublicKeyInfo.Length) return null;
            var point = other.ExportParameters(includePrivateParameters: false).Q;
            return [4, .. point.X!, .. point.Y!];
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            return null;
        }
    }
}
