using System.Buffers;
using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>Encrypts an entity. It is copied once, since it is encrypted where it is.</summary>
internal static class SealingStage
{
    /// <param name="content">The entity.</param>
    /// <param name="settings">How.</param>
    /// <param name="binary">Without transfer encoding, for what an opaque signature will hold.</param>
    /// <param name="fields">A header that the encrypted entity carries, for an outer signature to protect.</param>
    /// <exception cref="MakingRefusedException">The suite or a recipient's key does not allow it.</exception>
    public static ReadOnlySequence<byte> Seal(ReadOnlySequence<byte> content, EncryptionSettings settings, bool binary, ReadOnlyMemory<byte> fields = default)
    {
        Check(settings);
        var length = checked((int)content.Length);
        var size = length + EnvelopedWriter.Expansion;
        // What is encoded leaves the buffer behind; what stays binary goes on with it.
        var buffer = binary ? new byte[size] : ArrayPool<byte>.Shared.Rent(size);
        try
        {
            content.CopyTo(buffer);
            var made = EnvelopedWriter.Seal(buffer.AsMemory(0, size), length, ContentTypes.Data, settings.Recipients, settings.Sealing);
            var isAuthenticated = settings.Sealing.Cipher is ContentCipherChoice.Aes256Gcm or ContentCipherChoice.Aes128Gcm;
            return SmimeWriter.Opaque(
                isAuthenticated ? SmimeClaim.AuthEnvelopedData : SmimeClaim.EnvelopedData,
                new OctetPieces().Add(made.Prefix).Add(made.Body).Add(made.Suffix).ToSequence(), binary, fields);
        }
        catch (CryptographicException fault)
        {
            CryptographicOperations.ZeroMemory(buffer);
            throw new MakingRefusedException(MakingRefusal.Recipient, fault.Message, fault);
        }
        finally
        {
            if (!binary) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Check(EncryptionSettings settings)
    {
        var rules = settings.Suite.Making;
        var cipher = settings.Sealing.Cipher switch
        {
            ContentCipherChoice.Aes256Gcm => "aes256-gcm",
            ContentCipherChoice.Aes128Gcm => "aes128-gcm",
            ContentCipherChoice.Aes256Cbc => "aes256-cbc",
            _ => "aes128-cbc",
        };
        if (!rules.ContentCiphers.Contains(cipher)) throw Refused($"no {cipher}");
        foreach (var recipient in settings.Recipients)
        {
            var (way, bits) = recipient switch
            {
                EnvelopedRecipient.Owner owner => WayTo(owner.Certificate, settings.Sealing.KeyTransport),
                EnvelopedRecipient.Holder holder => ("kek", holder.Shared.Key.Length * 8),
                _ => ("password", 0),
            };
            if (!rules.KeyManagement.TryGetValue(way, out var least) || bits < least) throw Refused(bits is 0 ? $"no {way}" : $"no {way} of {bits} bits");
        }

        MakingRefusedException Refused(string what) => new(MakingRefusal.Suite, $"suite {settings.Suite.Name} makes {what}");
    }

    private static (string Way, int Bits) WayTo(RecipientCertificate certificate, KeyTransportChoice transport)
    {
        if (certificate.Rsa is { } rsa)
        {
            // A key for OAEP only is used with OAEP, whatever was chosen.
            var isOaep = transport is not KeyTransportChoice.Pkcs1 || certificate.Algorithm.Algorithm is EnvelopedOids.RsaesOaep;
            return (isOaep ? "rsa-oaep" : "rsa-pkcs1", rsa.KeySize);
        }

        return certificate.Algorithm.Algorithm switch
        {
            EnvelopedOids.MlKem512 => ("ml-kem", 512),
            EnvelopedOids.MlKem768 => ("ml-kem", 768),
            EnvelopedOids.MlKem1024 => ("ml-kem", 1024),
            EnvelopedOids.X25519 => ("x25519", 256),
            _ => certificate.Curve switch
            {
                EnvelopedOids.P256 => ("ecdh", 256),
                EnvelopedOids.P384 => ("ecdh", 384),
                EnvelopedOids.P521 => ("ecdh", 521),
                _ => throw new MakingRefusedException(MakingRefusal.Recipient, "a recipient's key can't be encrypted to"),
            },
        };
    }
}
