using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Messages;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;
using Kit = MimeKit;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>The same work as other libraries do, MIME included: MimeKit's S/MIME, and OpenSSL's CMS for verification.</summary>
internal static class RivalFigures
{
    private const string Password = "benchmark";
    private static readonly byte[] Content = SmimeMaterial.Content(SmimeMaterial.Small);
    private static readonly Lazy<Rival> MimeKit = new(() => new Rival());

    public static async Task<Figure[]> AllAsync()
    {
        var signed = await SigningFigures.SignedAsync(SmimeMaterial.Rsa2048, Content);
        var wrapped = await WrapAsync();
        var (keys, options) = (new VerificationKeys(), new OpeningOptions());
        return
        [
            new("control: RSA-2048 sign, .NET", "digest", "BouncyCastle", null, () => SigningFigures.Done(() => SmimeMaterial.Rsa2048.Sign("control"u8)), () => MimeKit.Value.SignBare()),
            Row("sign RSA-2048", "MimeKit", 15, async () => await SignAsync(Content, binary: false), () => MimeKit.Value.Sign()),
            Row("verify RSA-2048", "OpenSSL CMS", 4, () => SigningFigures.Done(() => SigningFigures.Verify(signed, keys)), () =>
            {
                if (!NativeCms.Verify(signed)) throw new InvalidOperationException("OpenSSL does not verify it");
            }),
            Decrypt(options),
            Row("triple wrap RSA-2048", "MimeKit", 15, async () => await WrapAsync(), () => MimeKit.Value.Wrap()),
            Row("unwrap RSA-2048", "MimeKit", 80, () => UnwrapAsync(wrapped, keys, options), () => MimeKit.Value.Unwrap()),
        ];
    }

    private static Figure Row(string operation, string against, double wanted, Func<ValueTask> ours, Action reference) =>
        new(operation, SmimeMaterial.Name(Content.Length), against, wanted, ours, reference);

    private static Figure Decrypt(OpeningOptions options)
    {
        var body = EnvelopedWriter.Seal(Content.ToArray(), Content.Length, ContentTypes.Data, [SmimeMaterial.Recipient.AsRecipient()], SealingOptions.Default).ToArray();
        var entity = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteOpaque(entity, SmimeClaim.AuthEnvelopedData, new ReadOnlySequence<byte>(body), binary: false);
        return Row("decrypt RSA-2048", "MimeKit", 15, async () => (await EnvelopingFigures.OpenAsync(Read(entity.WrittenMemory), options)).Dispose(), () => MimeKit.Value.Decrypt());
    }

    private static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> entity) => MimeEntity.Read(entity, new MimeBudget()).Decode();

    private static async ValueTask<ArrayBufferWriter<byte>> SignAsync(ReadOnlyMemory<byte> content, bool binary)
    {
        var parts = await SigningFigures.SignAsync(SmimeMaterial.Rsa2048, new ContentDigests(content));
        var entity = new ArrayBufferWriter<byte>((int)parts.Length * 2);
        SmimeWriter.WriteOpaque(entity, SmimeClaim.SignedData, Pieces.Join(parts.Prefix, content, parts.Suffix), binary);
        return entity;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> WrapAsync()
    {
        var inner = await SignAsync(Content, binary: true);
        var body = EnvelopedWriter.Seal(
            MemoryMarshal.AsMemory(inner.WrittenMemory), inner.WrittenCount, ContentTypes.Data, [SmimeMaterial.Recipient.AsRecipient()], SealingOptions.Default);
        var middle = new ArrayBufferWriter<byte>((int)body.Length + 512);
        SmimeWriter.WriteOpaque(middle, SmimeClaim.AuthEnvelopedData, Pieces.Join(body.Prefix, body.Body, body.Suffix), binary: true);
        return (await SignAsync(middle.WrittenMemory, binary: false)).WrittenMemory;
    }

    private static async ValueTask UnwrapAsync(ReadOnlyMemory<byte> entity, VerificationKeys keys, OpeningOptions options)
    {
        using var opened = await EnvelopingFigures.OpenAsync(Read(SigningFigures.Verify(Read(entity), keys)), options);
        SigningFigures.Verify(Read(opened.Content), keys);
    }

    /// <summary>MimeKit with its key store in memory; signatures are verified without paths.</summary>
    private sealed class Rival
    {
        private readonly TemporarySecureMimeContext context = new();
        private readonly Kit.Cryptography.CmsSigner signer;
        private readonly ISigner bare = SignerUtilities.GetSigner("SHA256WITHRSA");
        private readonly CmsRecipientCollection recipients = [];
        private readonly Kit.MimeEntity content = Kit.MimeEntity.Load(new MemoryStream(RivalFigures.Content));
        private readonly byte[] encrypted;
        private readonly byte[] wrapped;

        public Rival()
        {
            signer = new Kit.Cryptography.CmsSigner(Pkcs12(SmimeMaterial.Rsa2048), Password);
            context.Import(Pkcs12(SmimeMaterial.Recipient), Password);
            recipients.Add(new CmsRecipient(new MemoryStream(SmimeMaterial.Recipient.Certificate)));
            encrypted = Written(ApplicationPkcs7Mime.Encrypt(context, recipients, content));
            wrapped = Wrap();
        }

        /// <summary>The primitive that most of MimeKit's time goes to.</summary>
        public void SignBare()
        {
            bare.Init(forSigning: true, signer.PrivateKey);
            bare.BlockUpdate("control"u8);
            bare.GenerateSignature();
        }

        public void Sign() => Written(ApplicationPkcs7Mime.Sign(context, signer, content));

        public void Decrypt() => Load(encrypted).Decrypt(context);

        public byte[] Wrap()
        {
            var inner = ApplicationPkcs7Mime.Sign(context, signer, content);
            var middle = ApplicationPkcs7Mime.Encrypt(context, recipients, inner);
            return Written(ApplicationPkcs7Mime.Sign(context, signer, middle));
        }

        public void Unwrap()
        {
            var middle = (ApplicationPkcs7Mime)Verify(Load(wrapped));
            Verify((ApplicationPkcs7Mime)middle.Decrypt(context));
        }

        private static ApplicationPkcs7Mime Load(byte[] entity) => (ApplicationPkcs7Mime)Kit.MimeEntity.Load(new MemoryStream(entity));

        private static byte[] Written(Kit.MimeEntity entity)
        {
            var stream = new MemoryStream();
            entity.WriteTo(stream);
            return stream.ToArray();
        }

        private static MemoryStream Pkcs12(SmimeMaterial.Signer of)
        {
            using var certificate = X509CertificateLoader.LoadCertificate(of.Certificate).CopyWithPrivateKey(of.Rsa);
            return new MemoryStream(certificate.Export(X509ContentType.Pfx, Password));
        }

        private Kit.MimeEntity Verify(ApplicationPkcs7Mime part)
        {
            foreach (var signature in part.Verify(context, out var entity))
            {
                if (!signature.Verify(verifySignatureOnly: true)) throw new InvalidOperationException("MimeKit does not verify it");
                return entity;
            }

            throw new InvalidOperationException("MimeKit sees no signature");
        }
    }
}
