using System.Buffers;
using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>
/// Opens enveloped content with keys that its recipients name. Every failure after that has one outcome, and each attempt does
/// the same work: a key that did not open is replaced by a random one and the content is decrypted all the same (threat C9,
/// RFC 3218 §2.3.2). Plaintext leaves only after the code was right.
/// </summary>
public static class EnvelopedOpener
{
    private static readonly HashAlgorithmName[] PasswordDigests = [HashAlgorithmName.SHA1, HashAlgorithmName.SHA256, HashAlgorithmName.SHA384, HashAlgorithmName.SHA512];
    private static readonly string[] PasswordFunctions = [EnvelopedOids.HmacSha1, EnvelopedOids.HmacSha256, EnvelopedOids.HmacSha384, EnvelopedOids.HmacSha512];

    /// <param name="content">What was read.</param>
    /// <param name="keys">Ours; only recipients that name one of their certificates are tried.</param>
    /// <param name="options">What is acceptable, and other secrets.</param>
    /// <param name="cancellationToken">Gives up waiting for a key.</param>
    /// <exception cref="KeyUnavailableException">A key can't be used now, and no other opened the content.</exception>
    public static async ValueTask<OpenedContent> OpenAsync(
        EnvelopedContent content, IReadOnlyList<IDecryptionKey> keys, OpeningOptions options, CancellationToken cancellationToken = default)
    {
        var candidates = Candidates(content, keys, options);
        if (ContentCipher.From(content.ContentEncryption) is not { } cipher || content.Encrypted is null || cipher.IsAuthenticated != content.IsAuthenticated)
            return new OpenedContent(OpeningOutcome.Unsupported);
        if ((cipher.IsLegacy && !options.AllowLegacy) || !IsAccepted(options, content.ContentEncryption.Algorithm)) return new OpenedContent(OpeningOutcome.WeakAlgorithm);
        if (candidates.Count is 0) return new OpenedContent(OpeningOutcome.NoKey);

        var usable = candidates.FindAll(c => Supports(content.Recipients[c.Recipient], options));
        if (usable.Count is 0) return new OpenedContent(OpeningOutcome.Unsupported);
        usable = usable.FindAll(c => Accepts(content.Recipients[c.Recipient], options));
        if (usable.Count is 0) return new OpenedContent(OpeningOutcome.WeakAlgorithm);

        KeyUnavailableException? unavailable = null;
        foreach (var candidate in usable.Take(options.MaximumAttempts))
        {
            byte[]? key;
            try
            {
                key = await UnwrapAsync(content.Recipients[candidate.Recipient], candidate, cipher, options, cancellationToken).ConfigureAwait(false);
            }
            catch (KeyUnavailableException fault)
            {
                unavailable ??= fault;
                continue;
            }

            if (key?.Length != cipher.KeyLength)
            {
                if (key is not null) CryptographicOperations.ZeroMemory(key);
                // It must fail; the work is done to take the time.
                var random = RandomNumberGenerator.GetBytes(cipher.KeyLength);
                Decrypt(content, cipher, random)?.Dispose();
                continue;
            }

            var plain = Decrypt(content, cipher, key);
            CryptographicOperations.ZeroMemory(key);
            if (plain is not null) return new OpenedContent(plain, content.InnerContentType, cipher.IsAuthenticated, candidate.Recipient);
        }

        return unavailable is null ? new OpenedContent(OpeningOutcome.DecryptFailed) : throw unavailable;
    }

    private static PooledOctets? Decrypt(EnvelopedContent content, ContentCipher cipher, ReadOnlySpan<byte> key)
    {
        var encrypted = content.Encrypted!;
        var buffer = ArrayPool<byte>.Shared.Rent(encrypted.Length);
        var destination = buffer.AsSpan(0, encrypted.Length);
        int length;
        if (encrypted.TryGetSingle(out var whole))
        {
            length = cipher.Decrypt(key, whole.Span, content.Mac.Span, content.AuthenticatedAttributes.Span, destination);
        }
        else
        {
            encrypted.CopyTo(destination);
            length = cipher.Decrypt(key, destination, content.Mac.Span, content.AuthenticatedAttributes.Span, destination);
        }

        if (length >= 0) return new PooledOctets(buffer, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }

    private static List<Candidate> Candidates(EnvelopedContent content, IReadOnlyList<IDecryptionKey> keys, OpeningOptions options)
    {
        var ours = new RecipientCertificate[keys.Count];
        for (var i = 0; i < ours.Length; i++) ours[i] = options.Certificates.Get(keys[i].Certificate);
        var candidates = new List<Candidate>(1);
        for (var i = 0; i < content.Recipients.Count; i++)
        {
            switch (content.Recipients[i])
            {
                case KekRecipient kek:
                    foreach (var shared in options.SharedKeys)
                        if (shared.Identifier.Span.SequenceEqual(kek.KeyIdentifier.Span)) candidates.Add(new Candidate(i, null, null, shared));
                    break;
                case PasswordRecipient when !options.Password.IsEmpty:
                    candidates.Add(new Candidate(i, null, null, null));
                    break;
                case var other when Named(other) is { } named:
                    for (var k = 0; k < ours.Length; k++)
                        if (named.Equals(named.IsKeyIdentifier ? ours[k].ByKeyIdentifier : ours[k].ByIssuerAndSerial)) candidates.Add(new Candidate(i, keys[k], ours[k], null));
                    break;
            }
        }

        return candidates;
    }

    private static RecipientIdentifier? Named(RecipientInfo recipient) => recipient switch
    {
        KeyTransportRecipient transport => transport.Recipient,
        KeyAgreementRecipient agreement => agreement.Recipient,
        KemRecipient kem => kem.Recipient,
        _ => null,
    };

    private static bool Supports(RecipientInfo recipient, OpeningOptions options) => recipient switch
    {
        KeyTransportRecipient { Transport: var transport } => transport.Algorithm == EnvelopedOids.RsaEncryption || OaepParameters.From(transport) is not null,
        KeyAgreementRecipient { Agreement: var agreement, OriginatorKey.IsEmpty: false } => KeyDerivation.IsAgreement(agreement.Algorithm) && Wrap(agreement) is not null,
        KekRecipient kek => KeyWrap.KeyLength(kek.Wrap.Algorithm) > 0,
        PasswordRecipient password => KeyWrap.PasswordCipher(password.Wrap) is not null && Derivation(password, options) is not null,
        KemRecipient kem => RecipientCertificate.MlKem(kem.Kem.Algorithm) is not null && KeyWrap.KeyLength(kem.Wrap.Algorithm) == kem.KekLength
            && kem.Derivation.Algorithm is EnvelopedOids.HkdfSha256 or EnvelopedOids.HkdfSha384 or EnvelopedOids.HkdfSha512,
        _ => false,
    };

    private static bool Accepts(RecipientInfo recipient, OpeningOptions options) => IsAccepted(options, recipient.Algorithm.Algorithm) && recipient switch
    {
        KeyAgreementRecipient { Agreement: var agreement } => IsAccepted(options, Wrap(agreement)!.Value.Algorithm),
        KemRecipient kem => IsAccepted(options, kem.Wrap.Algorithm),
        _ => true,
    };

    private static bool IsAccepted(OpeningOptions options, string algorithm) => options.Accepted?.Contains(algorithm) ?? true;

    private static AlgorithmIdentifier? Wrap(AlgorithmIdentifier agreement)
    {
        try
        {
            var wrap = AlgorithmIdentifier.Read(new AsnReader(agreement.Parameters, AsnEncodingRules.BER));
            return KeyWrap.KeyLength(wrap.Algorithm) > 0 ? wrap : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static async ValueTask<byte[]?> UnwrapAsync(
        RecipientInfo recipient, Candidate candidate, ContentCipher cipher, OpeningOptions options, CancellationToken cancellationToken)
    {
        try
        {
            switch (recipient)
            {
                case KeyTransportRecipient transport:
                    return await candidate.Key!.UnwrapAsync(transport.Transport, transport.EncryptedKey, cipher.KeyLength, cancellationToken).ConfigureAwait(false);
                case KeyAgreementRecipient agreement:
                    return await AgreeAsync(agreement, candidate, cancellationToken).ConfigureAwait(false);
                case KemRecipient kem:
                    return await DecapsulateAsync(kem, candidate.Key!, cancellationToken).ConfigureAwait(false);
                case KekRecipient kek:
                    var shared = candidate.Shared!.Key;
                    return shared.Length == KeyWrap.KeyLength(kek.Wrap.Algorithm) ? KeyWrap.Unwrap(shared.Span, kek.EncryptedKey.Span) : null;
                case PasswordRecipient password:
                    return ByPassword(password, options);
                default:
                    return null;
            }
        }
        catch (NotSupportedException)
        {
            // A key of another kind than its recipient says: the sender is wrong about it.
            return null;
        }
    }

    private static async ValueTask<byte[]?> AgreeAsync(KeyAgreementRecipient recipient, Candidate candidate, CancellationToken cancellationToken)
    {
        if (Peer(candidate.Certificate!, recipient) is not { } peer) return null;
        var secret = await candidate.Key!.AgreeAsync(peer, cancellationToken).ConfigureAwait(false);
        if (secret is null) return null;
        try
        {
            var wrap = Wrap(recipient.Agreement)!.Value;
            // RFC 5753 §7.2 has the parameters of an AES wrap absent, as they stand in the message; some senders derive with NULL.
            return Derive(wrap) ?? Derive(wrap with { Parameters = wrap.Parameters.IsEmpty ? AlgorithmIdentifier.Null : default });

            byte[]? Derive(AlgorithmIdentifier seen)
            {
                var kek = KeyDerivation.Agreed(recipient.Agreement.Algorithm, secret, seen, recipient.UserKeyingMaterial, KeyWrap.KeyLength(wrap.Algorithm));
                var key = KeyWrap.Unwrap(kek, recipient.EncryptedKey.Span);
                CryptographicOperations.ZeroMemory(kek);
                return key;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    // The sender's point on our curve: its own parameters may be absent or NULL, and others than ours are refused (RFC 5753 §3.1.1).
    private static byte[]? Peer(RecipientCertificate ours, KeyAgreementRecipient recipient)
    {
        var theirs = recipient.OriginatorAlgorithm;
        if (theirs.Algorithm != ours.Algorithm.Algorithm) return null;
        if (!theirs.HasNoParameters && RecipientCertificate.NamedCurve(theirs) != ours.Curve) return null;
        var writer = new AsnWriter(AsnEncodingRules.DER, 192);
        using (writer.PushSequence())
        {
            ours.Algorithm.Write(writer);
            writer.WriteBitString(recipient.OriginatorKey.Span);
        }

        return writer.Encode();
    }

    private static async ValueTask<byte[]?> DecapsulateAsync(KemRecipient recipient, IDecryptionKey key, CancellationToken cancellationToken)
    {
        var secret = await key.DecapsulateAsync(recipient.Ciphertext, cancellationToken).ConfigureAwait(false);
        if (secret is null) return null;
        var kek = KeyDerivation.Encapsulated(recipient.Derivation.Algorithm, secret, recipient.Wrap, recipient.UserKeyingMaterial, recipient.KekLength);
        CryptographicOperations.ZeroMemory(secret);
        var unwrapped = KeyWrap.Unwrap(kek, recipient.EncryptedKey.Span);
        CryptographicOperations.ZeroMemory(kek);
        return unwrapped;
    }

    private static byte[]? ByPassword(PasswordRecipient recipient, OpeningOptions options)
    {
        var (keyLength, vector) = KeyWrap.PasswordCipher(recipient.Wrap)!.Value;
        var (salt, iterations, digest) = Derivation(recipient, options)!.Value;
        var kek = Rfc2898DeriveBytes.Pbkdf2(options.Password.Span, salt, iterations, digest, keyLength);
        var key = KeyWrap.UnwrapByPassword(kek, vector, recipient.EncryptedKey.Span);
        CryptographicOperations.ZeroMemory(kek);
        return key;
    }

    // PBKDF2-params ::= SEQUENCE { salt CHOICE { specified OCTET STRING, … }, iterationCount, keyLength OPTIONAL,
    // prf DEFAULT hmacWithSHA1 } (RFC 3370 §4.4.1, RFC 8018 §A.2).
    private static (byte[] Salt, int Iterations, HashAlgorithmName Digest)? Derivation(PasswordRecipient recipient, OpeningOptions options)
    {
        if (recipient.Derivation is not { Algorithm: EnvelopedOids.Pbkdf2 } derivation) return null;
        try
        {
            var sequence = new AsnReader(derivation.Parameters, AsnEncodingRules.BER).ReadSequence();
            var salt = sequence.ReadOctetString();
            if (!sequence.TryReadInt32(out var iterations) || iterations < 1 || iterations > options.MaximumIterations) return null;
            if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) sequence.ReadIntegerBytes();
            var function = sequence.HasData ? AlgorithmIdentifier.Read(sequence).Algorithm : EnvelopedOids.HmacSha1;
            sequence.ThrowIfNotEmpty();
            var index = Array.IndexOf(PasswordFunctions, function);
            return index < 0 ? null : (salt, iterations, PasswordDigests[index]);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private readonly record struct Candidate(int Recipient, IDecryptionKey? Key, RecipientCertificate? Certificate, KeyEncryptionKey? Shared);
}
