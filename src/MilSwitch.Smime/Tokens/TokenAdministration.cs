using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Certificates;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// Makes keys on a token and asks for certificates for them, with a session of its own. For one thread, and for commands: the
/// calls last as long as the token takes.
/// </summary>
public sealed class TokenAdministration : IDisposable
{
    private readonly Pkcs11Library library;
    private readonly TokenSession session;
    private readonly TimeSpan limit;

    /// <summary>Opens a session and logs in once.</summary>
    /// <param name="options">Which token; its keys need not be there.</param>
    /// <param name="writes">False: nothing is going to be made or stored.</param>
    /// <exception cref="TokenException">That did not work; the message says why.</exception>
    public TokenAdministration(TokenOptions options, bool writes = true)
    {
        library = Pkcs11Library.At(options.Library);
        limit = options.CallLimit;
        library.Use();
        try
        {
            session = Inside(() => TokenSession.Open(options, library, writes ? SessionType.ReadWrite : SessionType.ReadOnly, looksForKeys: false));
        }
        catch (TokenException)
        {
            library.Release();
            throw;
        }
    }

    /// <summary>Makes a key pair whose private half can't be read or taken off the token.</summary>
    /// <param name="label">Label of both halves; no private key may have it yet.</param>
    /// <param name="kind">What kind of key.</param>
    /// <param name="role">Decides what the key may be used for: signing, or decrypting.</param>
    /// <returns>The public key as SubjectPublicKeyInfo.</returns>
    /// <exception cref="TokenException">The token refused, or the label is taken.</exception>
    public byte[] Generate(string label, TokenKeyKind kind, KeyRole role) => Inside(() =>
    {
        var native = session.Native;
        var attributes = native.Factories.ObjectAttributeFactory;
        if (native.FindAllObjects([attributes.Create(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), attributes.Create(CKA.CKA_LABEL, label)]).Count > 0)
            throw new TokenException($"The token has a key {label} already.");
        var (decrypts, rsa) = (role is KeyRole.DomainConfidentiality or KeyRole.Store, Size(kind) > 0);
        // Both halves carry the same id, by which the public one is found.
        var id = RandomNumberGenerator.GetBytes(16);
        List<IObjectAttribute> open =
        [
            attributes.Create(CKA.CKA_TOKEN, true), attributes.Create(CKA.CKA_PRIVATE, false), attributes.Create(CKA.CKA_LABEL, label), attributes.Create(CKA.CKA_ID, id),
            attributes.Create(CKA.CKA_VERIFY, !decrypts), attributes.Create(CKA.CKA_ENCRYPT, decrypts && rsa),
        ];
        if (rsa)
        {
            open.Add(attributes.Create(CKA.CKA_MODULUS_BITS, (ulong)Size(kind)));
            open.Add(attributes.Create(CKA.CKA_PUBLIC_EXPONENT, new byte[] { 1, 0, 1 }));
        }
        else
        {
            open.Add(attributes.Create(CKA.CKA_EC_PARAMS, CurveParameters(kind)));
        }

        List<IObjectAttribute> secret =
        [
            attributes.Create(CKA.CKA_TOKEN, true), attributes.Create(CKA.CKA_PRIVATE, true), attributes.Create(CKA.CKA_LABEL, label), attributes.Create(CKA.CKA_ID, id),
            attributes.Create(CKA.CKA_SENSITIVE, true), attributes.Create(CKA.CKA_EXTRACTABLE, false),
            // A confidentiality key must sign once: the request for its own certificate (RFC 2986 §3).
            attributes.Create(CKA.CKA_SIGN, true), attributes.Create(CKA.CKA_DECRYPT, decrypts && rsa), attributes.Create(CKA.CKA_DERIVE, decrypts && !rsa),
            // Where it isn't said, some tokens allow it.
            attributes.Create(CKA.CKA_UNWRAP, false),
        ];
        using var mechanism = native.Factories.MechanismFactory.Create(rsa ? CKM.CKM_RSA_PKCS_KEY_PAIR_GEN : CKM.CKM_EC_KEY_PAIR_GEN);
        native.GenerateKeyPair(mechanism, open, secret, out var publicKey, out _);
        return PublicKey(publicKey).ExportSubjectPublicKeyInfo();
    });

    /// <summary>A request for a certificate (PKCS #10, RFC 2986), signed by the key.</summary>
    /// <param name="label">Label of the key; its public half is on the token under the same label.</param>
    /// <param name="subject">Distinguished name.</param>
    /// <param name="addresses">Mail addresses for the subject alternative name (RFC 8550 §3).</param>
    /// <param name="role">Decides the key usage that is asked for.</param>
    /// <returns>DER.</returns>
    /// <exception cref="TokenException">There is no such key, or the token refused.</exception>
    public byte[] Request(string label, X500DistinguishedName subject, IReadOnlyList<string> addresses, KeyRole role) => Inside(() =>
    {
        var attributes = session.Native.Factories.ObjectAttributeFactory;
        var publicKey = One(CKO.CKO_PUBLIC_KEY);
        var privateKey = One(CKO.CKO_PRIVATE_KEY);
        var key = PublicKey(publicKey);
        var request = CertificationRequests.Describe(subject, key, HashFor(key), addresses, role);
        return request.CreateSigningRequest(new Generator(session, privateKey, key));

        IObjectHandle One(CKO kind) =>
            session.Native.FindAllObjects([attributes.Create(CKA.CKA_CLASS, kind), attributes.Create(CKA.CKA_LABEL, label)]) is [var only]
                ? only : throw new TokenException($"The token does not have exactly one key pair {label}.");
    });

    /// <summary>The private keys that are there.</summary>
    /// <exception cref="TokenException">The token refused.</exception>
    public IReadOnlyList<TokenKeyDescription> Keys() => Inside(() =>
    {
        var attributes = session.Native.Factories.ObjectAttributeFactory;
        return session.Native.FindAllObjects([attributes.Create(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY)]).Select(Describe).OrderBy(k => k.Label, StringComparer.Ordinal).ToArray();
    });

    /// <summary>The certificates that are stored there.</summary>
    /// <exception cref="TokenException">The token refused.</exception>
    public IReadOnlyList<TokenCertificate> Certificates() => Inside(() =>
    {
        var native = session.Native;
        var attributes = native.Factories.ObjectAttributeFactory;
        return native.FindAllObjects([attributes.Create(CKA.CKA_CLASS, CKO.CKO_CERTIFICATE), attributes.Create(CKA.CKA_CERTIFICATE_TYPE, CKC.CKC_X_509)])
            .Select(handle => new TokenCertificate(Text(handle, CKA.CKA_LABEL), Octets(handle, CKA.CKA_ID), Octets(handle, CKA.CKA_VALUE)))
            .Where(c => !c.Encoded.IsEmpty).OrderBy(c => c.Label, StringComparer.Ordinal).ToArray();
    });

    /// <summary>Stores a certificate beside its key, under the key's label and id.</summary>
    /// <exception cref="TokenException">The token has no key of that public key, has the certificate already, or refused.</exception>
    public TokenCertificate Store(Certificate certificate)
    {
        var key = Keys().FirstOrDefault(k => k.PublicKeyInfo.Span.SequenceEqual(certificate.SubjectPublicKeyInfo.Span))
            ?? throw new TokenException("The token has no key that the certificate belongs to.");
        if (Certificates().Any(c => c.Encoded.Span.SequenceEqual(certificate.Encoded.Span))) throw new TokenException($"The token has this certificate of the key {key.Label} already.");
        return Inside(() =>
        {
            var attributes = session.Native.Factories.ObjectAttributeFactory;
            session.Native.CreateObject(
            [
                attributes.Create(CKA.CKA_CLASS, CKO.CKO_CERTIFICATE), attributes.Create(CKA.CKA_CERTIFICATE_TYPE, CKC.CKC_X_509), attributes.Create(CKA.CKA_TOKEN, true),
                attributes.Create(CKA.CKA_PRIVATE, false), attributes.Create(CKA.CKA_LABEL, key.Label), attributes.Create(CKA.CKA_ID, key.Id.ToArray()),
                // PKCS#11 v2.40 §4.6.3 requires the subject.
                attributes.Create(CKA.CKA_SUBJECT, certificate.Subject.Encoded.ToArray()), attributes.Create(CKA.CKA_VALUE, certificate.Encoded.ToArray()),
            ]);
            return new TokenCertificate(key.Label, key.Id, certificate.Encoded);
        });
    }

    public void Dispose()
    {
        Inside(() =>
        {
            session.Close();
            return true;
        });
        library.Release();
    }

    private static int Size(TokenKeyKind kind) => kind switch { TokenKeyKind.Rsa2048 => 2048, TokenKeyKind.Rsa3072 => 3072, TokenKeyKind.Rsa4096 => 4096, _ => 0 };

    private static byte[] CurveParameters(TokenKeyKind kind)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(kind switch { TokenKeyKind.P256 => "1.2.840.10045.3.1.7", TokenKeyKind.P384 => "1.3.132.0.34", _ => "1.3.132.0.35" });
        return writer.Encode();
    }

    private static string NameOf(PublicKey key)
    {
        if (key.Oid.Value is TokenKeyIdentity.RsaEncryption)
        {
            using var rsa = key.GetRSAPublicKey();
            return string.Create(CultureInfo.InvariantCulture, $"rsa-{rsa?.KeySize}");
        }

        try
        {
            return new AsnReader(key.EncodedParameters?.RawData, AsnEncodingRules.DER).ReadObjectIdentifier() switch
            {
                "1.2.840.10045.3.1.7" => "p256", "1.3.132.0.34" => "p384", "1.3.132.0.35" => "p521", _ => "other",
            };
        }
        catch (AsnContentException)
        {
            return "other";
        }
    }

    private static HashAlgorithmName HashFor(PublicKey key) => key.Oid.Value is TokenKeyIdentity.RsaEncryption ? HashAlgorithmName.SHA256 : key.EncodedKeyValue.RawData.Length switch
    {
        > 97 => HashAlgorithmName.SHA512,
        > 65 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA256,
    };

    private TokenKeyDescription Describe(IObjectHandle handle)
    {
        var id = Octets(handle, CKA.CKA_ID);
        var (kind, info) = PublicHalf(handle, id);
        return new TokenKeyDescription(
            Text(handle, CKA.CKA_LABEL), id, kind, info, May(handle, CKA.CKA_SIGN), May(handle, CKA.CKA_DECRYPT) || May(handle, CKA.CKA_UNWRAP) || May(handle, CKA.CKA_DERIVE),
            May(handle, CKA.CKA_EXTRACTABLE));
    }

    // RSA keys show it themselves; of others it is in the public object with the same id.
    private (string Kind, byte[] Info) PublicHalf(IObjectHandle privateKey, byte[] id)
    {
        var isRsa = Octets(privateKey, CKA.CKA_MODULUS) is { Length: > 0 } && Octets(privateKey, CKA.CKA_PUBLIC_EXPONENT) is { Length: > 0 };
        IObjectHandle? open = isRsa ? privateKey : null;
        if (!isRsa && id.Length > 0)
        {
            var attributes = session.Native.Factories.ObjectAttributeFactory;
            open = session.Native.FindAllObjects([attributes.Create(CKA.CKA_CLASS, CKO.CKO_PUBLIC_KEY), attributes.Create(CKA.CKA_ID, id)]).FirstOrDefault(h => Octets(h, CKA.CKA_EC_POINT).Length > 0);
        }

        if (open is null) return ("other", []);
        var key = PublicKey(open);
        return (NameOf(key), key.ExportSubjectPublicKeyInfo());
    }

    private byte[] Octets(IObjectHandle handle, CKA attribute) => Read(handle, attribute, v => v.GetValueAsByteArray()) ?? [];

    private string Text(IObjectHandle handle, CKA attribute) => Read(handle, attribute, v => v.GetValueAsString()) ?? "";

    private bool May(IObjectHandle handle, CKA attribute) => Read(handle, attribute, v => (bool?)v.GetValueAsBool()) ?? false;

    private T? Read<T>(IObjectHandle handle, CKA attribute, Func<IObjectAttribute, T?> convert)
    {
        using var value = session.Native.GetAttributeValue(handle, [attribute])[0];
        return value.CannotBeRead ? default : convert(value);
    }

    private PublicKey PublicKey(IObjectHandle handle)
    {
        var values = session.Native.GetAttributeValue(handle, [CKA.CKA_MODULUS, CKA.CKA_PUBLIC_EXPONENT, CKA.CKA_EC_PARAMS, CKA.CKA_EC_POINT]);
        if (!values[0].CannotBeRead && values[0].GetValueAsByteArray() is { Length: > 0 } modulus)
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = TokenKeyIdentity.Unsigned(modulus), Exponent = TokenKeyIdentity.Unsigned(values[1].GetValueAsByteArray()) });
            return System.Security.Cryptography.X509Certificates.PublicKey.CreateFromSubjectPublicKeyInfo(rsa.ExportSubjectPublicKeyInfo(), out _);
        }

        return new PublicKey(
            new Oid(TokenKeyIdentity.EcPublicKey), new AsnEncodedData(values[2].GetValueAsByteArray()), new AsnEncodedData(TokenSession.Point(values[3].GetValueAsByteArray())));
    }

    private T Inside<T>(Func<T> work)
    {
        try
        {
            library.Enter(limit);
            try
            {
                return work();
            }
            finally
            {
                library.Leave();
            }
        }
        catch (Exception fault) when (fault is TokenFault or Pkcs11Exception)
        {
            throw new TokenException($"The token can't do this: {(fault is Pkcs11Exception answer ? TokenFault.From(answer).Message : fault.Message)}.", fault);
        }
    }

    private sealed class Generator(TokenSession session, IObjectHandle key, PublicKey publicKey) : X509SignatureGenerator
    {
        private readonly bool isRsa = publicKey.Oid.Value is TokenKeyIdentity.RsaEncryption;

        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            TokenSignature.For(isRsa, hashAlgorithm, pss: false).Signature.Write(writer);
            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
        {
            var digest = CryptographicOperations.HashData(hashAlgorithm, data);
            return isRsa ? session.SignPkcs1(key, TokenSignature.For(isRsa, hashAlgorithm, pss: false).DigestInfo(digest))
                : TokenSignature.ToSequence(session.SignEcdsa(key, digest));
        }

        protected override PublicKey BuildPublicKey() => publicKey;
    }
}
