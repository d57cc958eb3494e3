using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// An operation made ready: what a session does with the key, or what is known without it. What comes from another node is
/// judged here as if it came from anywhere.
/// </summary>
internal readonly struct TokenOperation
{
    private TokenOperation(Func<TokenSession, IObjectHandle, byte[]?>? onToken, byte[]? known) => (OnToken, Known) = (onToken, known);

    /// <summary>Null: <see cref="Known"/> is the outcome.</summary>
    public Func<TokenSession, IObjectHandle, byte[]?>? OnToken { get; }

    public byte[]? Known { get; }

    /// <exception cref="NotSupportedException">A key of this kind does not do that.</exception>
    /// <exception cref="CmsFormatException">The parameters are malformed.</exception>
    public static TokenOperation Prepare(TokenKeyIdentity key, KeyOperation operation)
    {
        switch (operation.Kind)
        {
            case KeyOperationKind.SignPkcs1 or KeyOperationKind.SignPss when key.IsRsa:
            {
                var signature = TokenSignature.For(true, DigestOf(operation), operation.Kind is KeyOperationKind.SignPss);
                var digest = operation.Input.ToArray();
                if (signature.IsPss) return new TokenOperation((session, handle) => session.SignPss(handle, digest, signature.Digest), null);
                var info = signature.DigestInfo(digest);
                return new TokenOperation((session, handle) => session.SignPkcs1(handle, info), null);
            }

            case KeyOperationKind.SignEcdsa when !key.IsRsa:
            {
                DigestOf(operation);
                var digest = operation.Input.ToArray();
                return new TokenOperation((session, handle) => TokenSignature.ToSequence(session.SignEcdsa(handle, digest)), null);
            }

            case KeyOperationKind.OpenPkcs1 or KeyOperationKind.OpenOaep when key.IsRsa:
                return Opening(key, operation);
            case KeyOperationKind.Agree when !key.IsRsa:
                return PointOnCurve(key, operation.Input) is { } point ? new TokenOperation((session, handle) => session.Derive(handle, point, key.FieldLength), null) : default;
            default:
                throw new NotSupportedException($"A key of this kind does nothing by {operation.Kind}.");
        }
    }

    /// <summary>An outcome of the operation looks so; what another node says is not believed beyond that.</summary>
    public static bool Fits(TokenKeyIdentity key, KeyOperation operation, byte[]? outcome) => operation.Kind switch
    {
        KeyOperationKind.SignPkcs1 or KeyOperationKind.SignPss => outcome?.Length == key.Public.Length,
        // Two integers of the field's length at most, each with its header and perhaps a leading zero, in a sequence.
        KeyOperationKind.SignEcdsa => outcome is { Length: >= 8 } && outcome.Length <= (2 * (key.FieldLength + 3)) + 3,
        KeyOperationKind.OpenPkcs1 => outcome?.Length == operation.KeyLength,
        KeyOperationKind.OpenOaep => outcome is null || outcome.Length == operation.KeyLength,
        KeyOperationKind.Agree => outcome is null || outcome.Length == key.FieldLength,
        _ => false,
    };

    private static TokenOperation Opening(TokenKeyIdentity key, KeyOperation operation)
    {
        var isOaep = operation.Kind is KeyOperationKind.OpenOaep;
        var oaep = isOaep ? OaepParameters.Read(operation.Parameters) : null;
        var ciphertext = operation.Input.ToArray();
        var standIn = isOaep ? null : operation.StandIn.ToArray();
        if (!isOaep && standIn!.Length != operation.KeyLength) throw new NotSupportedException("The stand-in is not as long as the key.");
        // What is no number below the modulus is known to be wrong by everybody, and libraries answer it in many ways.
        if (ciphertext.Length != key.Public.Length || ciphertext.AsSpan().SequenceCompareTo(key.Public) >= 0) return new TokenOperation(null, standIn);
        return new TokenOperation((session, handle) => Open(session, handle, ciphertext, oaep, standIn, operation.KeyLength), null);
    }

    // Without padding the token's answer and its time say nothing about what came out, whichever the digest; with the
    // token's own OAEP a bad message may look like a broken device (SoftHSM answers CKR_GENERAL_ERROR).
    private static byte[]? Open(TokenSession session, IObjectHandle key, byte[] ciphertext, OaepParameters? oaep, byte[]? standIn, int keyLength)
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

    private static HashAlgorithmName DigestOf(KeyOperation operation)
    {
        var (digest, length) = operation.Digest switch
        {
            TokenSignature.Sha256 => (HashAlgorithmName.SHA256, 32),
            TokenSignature.Sha384 => (HashAlgorithmName.SHA384, 48),
            TokenSignature.Sha512 => (HashAlgorithmName.SHA512, 64),
            _ => throw new NotSupportedException("Tokens do not sign such digests here."),
        };
        return operation.Input.Length == length ? digest : throw new NotSupportedException("The digest is not as long as its algorithm says.");
    }

    // A point that is on another curve would tell the other side bits of the key; OpenSSL checks it while it reads.
    private static byte[]? PointOnCurve(TokenKeyIdentity key, ReadOnlyMemory<byte> subjectPublicKeyInfo)
    {
        try
        {
            var sequence = new AsnReader(subjectPublicKeyInfo, AsnEncodingRules.DER).ReadSequence();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            if (algorithm.Algorithm is not TokenKeyIdentity.EcPublicKey || new AsnReader(algorithm.Parameters, AsnEncodingRules.DER).ReadObjectIdentifier() != key.Curve) return null;
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
