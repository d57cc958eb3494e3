using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace MilSwitch.Smime.Cms.Enveloped;

/// <summary>
/// Makes EnvelopedData (CBC) and AuthEnvelopedData (GCM) in DER around a body that is encrypted where it is. One fresh content
/// key for each message, one ephemeral key for each curve and message (RFC 5753 §3.1.2). Pure but for randomness.
/// </summary>
public static class EnvelopedWriter
{
    /// <summary>Octets that a cipher may add to the content: the buffer must have room for them.</summary>
    public const int Expansion = 16;

    private static readonly Asn1Tag Zero = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag One = new(TagClass.ContextSpecific, 1);
    private static readonly AlgorithmIdentifier Pkcs1 = new(EnvelopedOids.RsaEncryption, AlgorithmIdentifier.Null);
    private static readonly AlgorithmIdentifier[] Oaep =
    [
        OaepParameters.Identifier(HashAlgorithmName.SHA256), OaepParameters.Identifier(HashAlgorithmName.SHA384),
        OaepParameters.Identifier(HashAlgorithmName.SHA512), OaepParameters.Identifier(HashAlgorithmName.SHA1),
    ];

    /// <summary>Encrypts the content in place.</summary>
    /// <param name="buffer">The content, and room for <see cref="Expansion"/> octets when the cipher is CBC.</param>
    /// <param name="length">Octets of the content.</param>
    /// <param name="contentType">Type of the content.</param>
    /// <param name="recipients">One at least.</param>
    /// <param name="options">How.</param>
    /// <exception cref="CryptographicException">A recipient's key can't be used as asked; the content is untouched.</exception>
    public static SealedContent Seal(
        Memory<byte> buffer, int length, string contentType, IReadOnlyList<EnvelopedRecipient> recipients, SealingOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(recipients.Count);
        var cipher = NewCipher(options.Cipher);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, buffer.Length - (cipher.IsAuthenticated ? 0 : Expansion));
        if (!cipher.IsAuthenticated && options.AuthenticatedAttributes.Count > 0) throw new CryptographicException("EnvelopedData has no authenticated attributes");
        var key = RandomNumberGenerator.GetBytes(cipher.KeyLength);
        try
        {
            var infos = WriteRecipients(recipients, key, options, out var version);
            if (!cipher.IsAuthenticated && options.UnprotectedAttributes.Count > 0) version = Math.Max(version, 2);
            var attributes = AuthenticatedAttributes(contentType, cipher, options);
            Span<byte> tag = stackalloc byte[cipher.TagLength];
            var sealedLength = cipher.Encrypt(key, buffer.Span, length, tag, attributes);
            var suffix = Suffix(attributes, tag, cipher, options);
            var prefix = Prefix(contentType, options.Cipher, cipher, cipher.IsAuthenticated ? 0 : version, infos, sealedLength, suffix.Length);
            return new SealedContent(prefix, buffer[..sealedLength], suffix);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static ContentCipher NewCipher(ContentCipherChoice choice)
    {
        var keyLength = choice is ContentCipherChoice.Aes256Gcm or ContentCipherChoice.Aes256Cbc ? 32 : 16;
        return choice is ContentCipherChoice.Aes256Gcm or ContentCipherChoice.Aes128Gcm
            ? new ContentCipher(ContentCipher.Family.AesGcm, keyLength, RandomNumberGenerator.GetBytes(12), 16)
            : new ContentCipher(ContentCipher.Family.AesCbc, keyLength, RandomNumberGenerator.GetBytes(16), 0);
    }

    private static AsnWriter WriteRecipients(IReadOnlyList<EnvelopedRecipient> recipients, byte[] key, SealingOptions options, out int version)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, 512 * recipients.Count);
        version = 0;
        List<EnvelopedRecipient.Owner>? agreeing = null;
        using (writer.PushSetOf())
        {
            foreach (var recipient in recipients)
            {
                switch (recipient)
                {
                    case EnvelopedRecipient.Holder holder:
                        WriteShared(writer, holder.Shared, key);
                        version = Math.Max(version, 2);
                        break;
                    case EnvelopedRecipient.Knower knower:
                        WritePassword(writer, knower.Password.Span, key, options);
                        version = 3;
                        break;
                    case EnvelopedRecipient.Owner { Certificate: var certificate } owner:
                        if (certificate.Rsa is { } rsa)
                        {
                            WriteTransport(writer, owner, rsa, key, options);
                            if (owner.Name.IsKeyIdentifier) version = Math.Max(version, 2);
                        }
                        else if (RecipientCertificate.MlKem(certificate.Algorithm.Algorithm) is not null)
                        {
                            WriteKem(writer, owner, key);
                            version = 3;
                        }
                        else
                        {
                            if (certificate.Curve != EnvelopedOids.X25519 && certificate.Ec is null) throw new CryptographicException("a recipient's key can't be encrypted to");
                            (agreeing ??= []).Add(owner);
                            version = Math.Max(version, 2);
                        }

                        break;
                }
            }

            if (agreeing is not null)
                foreach (var curve in agreeing.GroupBy(owner => owner.Certificate.Curve!)) WriteAgreement(writer, curve.Key, curve, key);
        }

        return writer;
    }

    private static void WriteTransport(AsnWriter writer, EnvelopedRecipient.Owner owner, RSA rsa, byte[] key, SealingOptions options)
    {
        if (rsa.KeySize < options.MinimumRsaBits) throw new CryptographicException("a recipient's RSA key is too short");
        AlgorithmIdentifier algorithm;
        RSAEncryptionPadding padding;
        if (owner.Certificate.Algorithm is { Algorithm: EnvelopedOids.RsaesOaep, Parameters.IsEmpty: false } own)
        {
            // The certificate binds its key to these parameters (RFC 4055 §4).
            if (OaepParameters.From(own) is not { IsPlain: true } bound) throw new CryptographicException("a recipient's key wants OAEP parameters that are not offered");
            (algorithm, padding) = (own, RSAEncryptionPadding.CreateOaep(bound.Digest));
        }
        else
        {
            (algorithm, padding) = options.KeyTransport switch
            {
                KeyTransportChoice.OaepSha256 => (Oaep[0], RSAEncryptionPadding.OaepSHA256),
                KeyTransportChoice.OaepSha384 => (Oaep[1], RSAEncryptionPadding.OaepSHA384),
                KeyTransportChoice.OaepSha512 => (Oaep[2], RSAEncryptionPadding.OaepSHA512),
                KeyTransportChoice.OaepSha1 => (Oaep[3], RSAEncryptionPadding.OaepSHA1),
                _ => (Pkcs1, RSAEncryptionPadding.Pkcs1),
            };
        }

        Span<byte> encrypted = stackalloc byte[(rsa.KeySize + 7) / 8];
        var length = rsa.Encrypt(key, encrypted, padding);
        using (writer.PushSequence())
        {
            writer.WriteInteger(owner.Name.IsKeyIdentifier ? 2 : 0);
            owner.Name.Write(writer);
            algorithm.Write(writer);
            writer.WriteOctetString(encrypted[..length]);
        }
    }

    // RFC 5753 §3.1.1, RFC 8418 §3.2. The derivation is at least as strong as the curve, the wrap as the content's key.
    private static void WriteAgreement(AsnWriter writer, string curve, IEnumerable<EnvelopedRecipient.Owner> owners, byte[] key)
    {
        var wrapLength = curve is EnvelopedOids.P384 or EnvelopedOids.P521 ? 32 : key.Length;
        var wrap = new AlgorithmIdentifier(KeyWrap.Algorithm(wrapLength));
        var agreement = curve switch
        {
            EnvelopedOids.X25519 => EnvelopedOids.EcdhHkdfSha256,
            EnvelopedOids.P384 => EnvelopedOids.EcdhSha384,
            EnvelopedOids.P521 => EnvelopedOids.EcdhSha512,
            _ => EnvelopedOids.EcdhSha256,
        };
        using var ephemeral = Ephemeral.Create(curve);
        using (writer.PushSequence(One))
        {
            writer.WriteInteger(3);
            using (writer.PushSequence(Zero))
            using (writer.PushSequence(One))
            {
                ephemeral.Algorithm.Write(writer);
                writer.WriteBitString(ephemeral.PublicKey);
            }

            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(agreement);
                wrap.Write(writer);
            }

            using (writer.PushSequence())
            {
                foreach (var owner in owners)
                {
                    var secret = ephemeral.Agree(owner.Certificate);
                    var kek = KeyDerivation.Agreed(agreement, secret, wrap, null, wrapLength);
                    CryptographicOperations.ZeroMemory(secret);
                    using (writer.PushSequence())
                    {
                        owner.Name.WriteKeyAgreement(writer);
                        writer.WriteOctetString(KeyWrap.Wrap(kek, key));
                    }

                    CryptographicOperations.ZeroMemory(kek);
                }
            }
        }
    }

    // RFC 9629 §3, RFC 9936 §2: HKDF with SHA-256; AES-256 wrap, and AES-128 wrap only for a key of that strength to ML-KEM-512.
    private static void WriteKem(AsnWriter writer, EnvelopedRecipient.Owner owner, byte[] key)
    {
        var algorithm = owner.Certificate.Algorithm.Algorithm;
        var length = algorithm == EnvelopedOids.MlKem512 ? key.Length : 32;
        var wrap = new AlgorithmIdentifier(KeyWrap.Algorithm(length));
        var (ciphertext, secret) = MlKemEncapsulation.Encapsulate(owner.Certificate);
        var kek = KeyDerivation.Encapsulated(EnvelopedOids.HkdfSha256, secret, wrap, null, length)!;
        CryptographicOperations.ZeroMemory(secret);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
        {
            writer.WriteObjectIdentifier(EnvelopedOids.KemRecipient);
            using (writer.PushSequence())
            {
                writer.WriteInteger(0);
                owner.Name.Write(writer);
                new AlgorithmIdentifier(algorithm).Write(writer);
                writer.WriteOctetString(ciphertext);
                new AlgorithmIdentifier(EnvelopedOids.HkdfSha256).Write(writer);
                writer.WriteInteger(length);
                wrap.Write(writer);
                writer.WriteOctetString(KeyWrap.Wrap(kek, key));
            }
        }

        CryptographicOperations.ZeroMemory(kek);
    }

    private static void WriteShared(AsnWriter writer, KeyEncryptionKey shared, byte[] key)
    {
        if (shared.Key.Length is not (16 or 24 or 32) || shared.Key.Length < key.Length) throw new CryptographicException("a shared key is shorter than the content's key");
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
        {
            writer.WriteInteger(4);
            using (writer.PushSequence()) writer.WriteOctetString(shared.Identifier.Span);
            new AlgorithmIdentifier(KeyWrap.Algorithm(shared.Key.Length)).Write(writer);
            writer.WriteOctetString(KeyWrap.Wrap(shared.Key.Span, key));
        }
    }

    private static void WritePassword(AsnWriter writer, ReadOnlySpan<byte> password, byte[] key, SealingOptions options)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var vector = RandomNumberGenerator.GetBytes(16);
        var kek = Rfc2898DeriveBytes.Pbkdf2(password, salt, options.PasswordIterations, HashAlgorithmName.SHA256, key.Length);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
        {
            writer.WriteInteger(0);
            using (writer.PushSequence(Zero))
            {
                writer.WriteObjectIdentifier(EnvelopedOids.Pbkdf2);
                using (writer.PushSequence())
                {
                    writer.WriteOctetString(salt);
                    writer.WriteInteger(options.PasswordIterations);
                    new AlgorithmIdentifier(EnvelopedOids.HmacSha256, AlgorithmIdentifier.Null).Write(writer);
                }
            }

            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(EnvelopedOids.PwriKek);
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(key.Length is 32 ? EnvelopedOids.Aes256Cbc : EnvelopedOids.Aes128Cbc);
                    writer.WriteOctetString(vector);
                }
            }

            writer.WriteOctetString(KeyWrap.WrapByPassword(kek, vector, key));
        }

        CryptographicOperations.ZeroMemory(kek);
    }

    private static byte[] AuthenticatedAttributes(string contentType, ContentCipher cipher, SealingOptions options)
    {
        if (!cipher.IsAuthenticated || (contentType == ContentTypes.Data && options.AuthenticatedAttributes.Count is 0)) return [];
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSetOf())
        {
            if (contentType != ContentTypes.Data)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(EnvelopedOids.ContentTypeAttribute);
                    using (writer.PushSetOf()) writer.WriteObjectIdentifier(contentType);
                }
            }

            foreach (var attribute in options.AuthenticatedAttributes) writer.WriteEncodedValue(attribute.Span);
        }

        return writer.Encode();
    }

    private static byte[] Suffix(byte[] attributes, ReadOnlySpan<byte> tag, ContentCipher cipher, SealingOptions options)
    {
        if (!cipher.IsAuthenticated && options.UnprotectedAttributes.Count is 0) return [];
        var writer = new AsnWriter(AsnEncodingRules.DER, 64 + attributes.Length);
        if (cipher.IsAuthenticated) writer.WriteOctetString(tag);
        if (options.UnprotectedAttributes.Count > 0)
        {
            using (writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, cipher.IsAuthenticated ? 2 : 1)))
                foreach (var attribute in options.UnprotectedAttributes) writer.WriteEncodedValue(attribute.Span);
        }

        if (attributes.Length is 0) return writer.Encode();
        // Implicitly tagged where it stands, though authenticated as a SET (RFC 5083 §2.2).
        var suffix = new byte[attributes.Length + writer.GetEncodedLength()];
        attributes.CopyTo(suffix, 0);
        suffix[0] = 0xA1;
        writer.Encode(suffix.AsSpan(attributes.Length));
        return suffix;
    }

    // ContentInfo { type, [0] { Enveloped { version, recipients, { inner type, cipher, [0] body }, suffix } } }, lengths from inside out.
    private static byte[] Prefix(
        string contentType, ContentCipherChoice choice, ContentCipher cipher, int version, AsnWriter recipients, int bodyLength, int suffixLength)
    {
        var content = new AsnWriter(AsnEncodingRules.DER, 96);
        content.WriteObjectIdentifier(contentType);
        using (content.PushSequence())
        {
            content.WriteObjectIdentifier(choice switch
            {
                ContentCipherChoice.Aes256Gcm => EnvelopedOids.Aes256Gcm,
                ContentCipherChoice.Aes128Gcm => EnvelopedOids.Aes128Gcm,
                ContentCipherChoice.Aes256Cbc => EnvelopedOids.Aes256Cbc,
                _ => EnvelopedOids.Aes128Cbc,
            });
            if (!cipher.IsAuthenticated) content.WriteOctetString(cipher.Nonce.Span);
            else
            {
                using (content.PushSequence())
                {
                    content.WriteOctetString(cipher.Nonce.Span);
                    content.WriteInteger(cipher.TagLength);
                }
            }
        }

        var type = new AsnWriter(AsnEncodingRules.DER, 16);
        type.WriteObjectIdentifier(cipher.IsAuthenticated ? ContentTypes.AuthEnvelopedData : ContentTypes.EnvelopedData);
        var (contentLength, typeLength, recipientsLength) = (content.GetEncodedLength(), type.GetEncodedLength(), recipients.GetEncodedLength());
        var encryptedInfo = checked(contentLength + DerHeader.Size(bodyLength) + bodyLength);
        var enveloped = checked(3 + recipientsLength + DerHeader.Size(encryptedInfo) + encryptedInfo + suffixLength);
        var wrapper = checked(DerHeader.Size(enveloped) + enveloped);
        var whole = checked(typeLength + DerHeader.Size(wrapper) + wrapper);

        var prefix = new byte[checked(DerHeader.Size(whole) + whole) - bodyLength - suffixLength];
        var rest = DerHeader.Write(prefix, 0x30, whole);
        rest = rest[type.Encode(rest)..];
        rest = DerHeader.Write(rest, 0xA0, wrapper);
        rest = DerHeader.Write(rest, 0x30, enveloped);
        (rest[0], rest[1], rest[2]) = (2, 1, (byte)version);
        rest = rest[3..];
        rest = rest[recipients.Encode(rest)..];
        rest = DerHeader.Write(rest, 0x30, encryptedInfo);
        rest = rest[content.Encode(rest)..];
        DerHeader.Write(rest, 0x80, bodyLength);
        return prefix;
    }

    /// <summary>A key for one curve and one message.</summary>
    private sealed class Ephemeral : IDisposable
    {
        private readonly ECDiffieHellman? _ec;
        private readonly X25519PrivateKeyParameters? _x25519;

        private Ephemeral(AlgorithmIdentifier algorithm, ECDiffieHellman? ec, X25519PrivateKeyParameters? x25519, byte[] publicKey) =>
            (Algorithm, _ec, _x25519, PublicKey) = (algorithm, ec, x25519, publicKey);

        public AlgorithmIdentifier Algorithm { get; }

        public byte[] PublicKey { get; }

        public static Ephemeral Create(string curve)
        {
            if (curve == EnvelopedOids.X25519)
            {
                var key = new X25519PrivateKeyParameters(new SecureRandom());
                return new Ephemeral(new AlgorithmIdentifier(curve), null, key, key.GeneratePublicKey().GetEncoded());
            }

            var ec = ECDiffieHellman.Create(curve switch
            {
                EnvelopedOids.P256 => ECCurve.NamedCurves.nistP256,
                EnvelopedOids.P384 => ECCurve.NamedCurves.nistP384,
                _ => ECCurve.NamedCurves.nistP521,
            });
            var point = ec.ExportParameters(false).Q;
            return new Ephemeral(new AlgorithmIdentifier(EnvelopedOids.EcPublicKey), ec, null, [4, .. point.X!, .. point.Y!]);
        }

        public byte[] Agree(RecipientCertificate recipient)
        {
            if (_ec is not null) return _ec.DeriveRawSecretAgreement(recipient.Ec!);
            if (recipient.PublicKey.Length is not 32) throw new CryptographicException("not an X25519 public key");
            var secret = new byte[32];
            try
            {
                _x25519!.GenerateSecret(new X25519PublicKeyParameters(recipient.PublicKey.Span), secret);
            }
            catch (InvalidOperationException fault)
            {
                throw new CryptographicException("not an X25519 public key", fault);
            }

            return secret;
        }

        public void Dispose() => _ec?.Dispose();
    }
}
