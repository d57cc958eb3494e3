using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>AuthEnvelopedData made and opened, beside RSA-OAEP and AES-256-GCM alone.</summary>
internal static class EnvelopingFigures
{
    private const string Primitives = "primitives";

    public static IEnumerable<Figure> All =>
    [
        Encrypt(SmimeMaterial.Small), Encrypt(SmimeMaterial.Middle), Encrypt(SmimeMaterial.Large), Decrypt(SmimeMaterial.Small),
    ];

    public static SoftwareDecryptionKey Key { get; } = SoftwareDecryptionKey.FromPkcs8(SmimeMaterial.Recipient.Certificate, SmimeMaterial.Recipient.Pkcs8);

    /// <summary>Key and nonce, key transport, cipher; in place.</summary>
    public static void EncryptBare(Span<byte> buffer)
    {
        Span<byte> key = stackalloc byte[32];
        Span<byte> nonce = stackalloc byte[12];
        Span<byte> tag = stackalloc byte[16];
        Span<byte> wrapped = stackalloc byte[256];
        RandomNumberGenerator.Fill(key);
        RandomNumberGenerator.Fill(nonce);
        SmimeMaterial.Recipient.Rsa.Encrypt(key, wrapped, RSAEncryptionPadding.OaepSHA256);
        using var gcm = new AesGcm(key, tag.Length);
        gcm.Encrypt(nonce, buffer, buffer, tag);
    }

    public static async ValueTask<OpenedContent> OpenAsync(ReadOnlyMemory<byte> octets, OpeningOptions options)
    {
        var opened = await EnvelopedOpener.OpenAsync(EnvelopedContent.Read(ContentInfo.Read(octets, CmsBounds.Default), CmsBounds.Default), [Key], options);
        return opened.Outcome is OpeningOutcome.Opened ? opened : throw new InvalidOperationException($"{opened.Outcome}");
    }

    private static Figure Encrypt(int size)
    {
        var (ours, bare) = (SmimeMaterial.Content(size), SmimeMaterial.Content(size));
        EnvelopedRecipient[] recipients = [SmimeMaterial.Recipient.AsRecipient()];
        return new Figure("encrypt RSA-2048 OAEP, AES-256-GCM", SmimeMaterial.Name(size), Primitives, 0.80, () =>
        {
            EnvelopedWriter.Seal(ours, ours.Length, ContentTypes.Data, recipients, SealingOptions.Default);
            return ValueTask.CompletedTask;
        }, () => EncryptBare(bare));
    }

    private static Figure Decrypt(int size)
    {
        var content = SmimeMaterial.Content(size);
        var octets = EnvelopedWriter.Seal(content, content.Length, ContentTypes.Data, [SmimeMaterial.Recipient.AsRecipient()], SealingOptions.Default).ToArray();
        var read = EnvelopedContent.Read(ContentInfo.Read(octets, CmsBounds.Default), CmsBounds.Default);
        var wrapped = ((KeyTransportRecipient)read.Recipients[0]).EncryptedKey.ToArray();
        var encrypted = read.Encrypted!.ToArray();
        var (nonce, tag, plain) = (ContentCipher.From(read.ContentEncryption)!.Value.Nonce.ToArray(), read.Mac.ToArray(), new byte[size]);
        var options = new OpeningOptions();
        return new Figure("decrypt RSA-2048 OAEP, AES-256-GCM", SmimeMaterial.Name(size), Primitives, 0.95, async () => (await OpenAsync(octets, options)).Dispose(), () =>
        {
            var key = SmimeMaterial.Recipient.Rsa.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256);
            using var gcm = new AesGcm(key, tag.Length);
            gcm.Decrypt(nonce, encrypted, tag, plain);
        });
    }
}
