using System.Formats.Asn1;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Smime.Tests;

[Trait("Feature", "E-04")]
[Trait("Feature", "E-05")]
[Trait("Feature", "E-11")]
public sealed class EnvelopedTests
{
    public static TheoryData<string, string> KindsAndCiphers
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var kind in new[] { "rsa", "p256", "p384", "p521", "x25519", "ml-kem-512", "ml-kem-768", "ml-kem-1024" })
            foreach (var cipher in Enum.GetNames<ContentCipherChoice>()) data.Add(kind, cipher);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndCiphers))]
    public async Task Opens_what_it_made(string kind, string cipher)
    {
        var owner = EnvelopedMaterial.Named(kind);
        var choice = Enum.Parse<ContentCipherChoice>(cipher);
        foreach (var recipient in new[] { owner.Recipient, owner.ByKeyIdentifier })
        foreach (var length in new[] { 0, 15, 16, 4_096 })
        {
            var content = EnvelopedMaterial.Content(length);
            var made = EnvelopedMaterial.Seal(content, new SealingOptions { Cipher = choice }, recipient);
            using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, owner.Key);
            Assert.Equal(OpeningOutcome.Opened, opened.Outcome);
            Assert.Equal(content, opened.Content.ToArray());
            Assert.Equal(cipher.EndsWith("Gcm", StringComparison.Ordinal), opened.IsAuthenticated);
            Assert.Equal(0, opened.Recipient);
        }
    }

    [Theory]
    [InlineData(KeyTransportChoice.OaepSha1)]
    [InlineData(KeyTransportChoice.OaepSha256)]
    [InlineData(KeyTransportChoice.OaepSha384)]
    [InlineData(KeyTransportChoice.OaepSha512)]
    [InlineData(KeyTransportChoice.Pkcs1)]
    public async Task Opens_every_key_transport(KeyTransportChoice transport)
    {
        var made = EnvelopedMaterial.Seal([1, 2, 3], new SealingOptions { KeyTransport = transport }, EnvelopedMaterial.Rsa.Recipient);
        using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, EnvelopedMaterial.Rsa.Key);
        Assert.Equal([1, 2, 3], opened.Content.ToArray());
    }

    [Fact]
    public async Task Makes_one_message_for_recipients_of_every_kind()
    {
        var made = EnvelopedMaterial.Seal(
            [7],
            new SealingOptions { PasswordIterations = 10_000 },
            EnvelopedMaterial.Rsa.Recipient, EnvelopedMaterial.P256.Recipient, EnvelopedMaterial.P256.ByKeyIdentifier, EnvelopedMaterial.P384.Recipient,
            EnvelopedMaterial.X25519.Recipient, EnvelopedMaterial.MlKem1024.Recipient, EnvelopedRecipient.For(EnvelopedMaterial.Shared),
            EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password));
        var read = EnvelopedMaterial.Read(made);
        Assert.Equal(["kari", "kari", "kari", "kari", "kekri", "kemri", "ktri", "pwri"], read.Recipients.Select(r => r.Kind).Order(StringComparer.Ordinal));
        // One ephemeral key for both recipients on P-256.
        Assert.Equal(3, read.Recipients.OfType<KeyAgreementRecipient>().Select(r => Convert.ToHexString(r.OriginatorKey.Span)).Distinct().Count());

        foreach (var owner in new[] { EnvelopedMaterial.Rsa, EnvelopedMaterial.P256, EnvelopedMaterial.P384, EnvelopedMaterial.X25519, EnvelopedMaterial.MlKem1024 })
        {
            using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, owner.Key);
            Assert.Equal([7], opened.Content.ToArray());
        }

        using (var opened = await EnvelopedMaterial.OpenAsync(made, new OpeningOptions { SharedKeys = [EnvelopedMaterial.Shared] })) Assert.Equal("kekri", read.Recipients[opened.Recipient].Kind);
        using (var opened = await EnvelopedMaterial.OpenAsync(made, new OpeningOptions { Password = EnvelopedMaterial.Password })) Assert.Equal("pwri", read.Recipients[opened.Recipient].Kind);
        using (var opened = await EnvelopedMaterial.OpenAsync(made, new OpeningOptions { Password = "another"u8.ToArray() })) Assert.Equal(OpeningOutcome.DecryptFailed, opened.Outcome);
        using (var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, EnvelopedMaterial.P521.Key)) Assert.Equal(OpeningOutcome.NoKey, opened.Outcome);
    }

    [Fact]
    public async Task Carries_attributes_and_vouches_for_the_content_type()
    {
        var attribute = Attribute("1.2.3.4", 5);
        var options = new SealingOptions { AuthenticatedAttributes = [attribute], UnprotectedAttributes = [Attribute("1.2.3.5", 6)] };
        var buffer = new byte[10];
        var made = EnvelopedWriter.Seal(buffer, 10, ContentTypes.SignedData, [EnvelopedMaterial.Rsa.Recipient], options).ToArray();
        var read = EnvelopedMaterial.Read(made);
        Assert.Equal(ContentTypes.SignedData, read.InnerContentType);
        Assert.True(read.IsContentTypeAuthenticated);
        Assert.Equal(0x31, read.AuthenticatedAttributes.Span[0]);
        Assert.True(read.AuthenticatedAttributes.Span.IndexOf(attribute) > 0);
        Assert.Equal(0xA2, read.UnprotectedAttributes.Span[0]);
        using (var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, EnvelopedMaterial.Rsa.Key)) Assert.Equal(new byte[10], opened.Content.ToArray());

        // The value of the attribute under the code.
        var forged = (byte[])made.Clone();
        forged[forged.AsSpan().IndexOf(attribute) + attribute.Length - 1] ^= 1;
        using (var opened = await EnvelopedMaterial.OpenAsync(forged, OpeningOptions.Default, EnvelopedMaterial.Rsa.Key)) Assert.Equal(OpeningOutcome.DecryptFailed, opened.Outcome);

        // The type of the content, to which the attribute says otherwise.
        var inner = made.AsSpan().IndexOf(Convert.FromHexString("06092A864886F70D010702"));
        forged = (byte[])made.Clone();
        forged[inner + 10] = 1;
        Assert.Throws<CmsFormatException>(() => EnvelopedMaterial.Read(forged));
    }

    [Fact]
    public void Writes_the_versions_of_the_standard()
    {
        var cbc = new SealingOptions { Cipher = ContentCipherChoice.Aes256Cbc, PasswordIterations = 1_000 };
        Assert.Equal(0, Version(cbc, EnvelopedMaterial.Rsa.Recipient));
        Assert.Equal(2, Version(cbc with { UnprotectedAttributes = [Attribute("1.2.3.5", 6)] }, EnvelopedMaterial.Rsa.Recipient));
        Assert.Equal(2, Version(cbc, EnvelopedMaterial.Rsa.ByKeyIdentifier));
        Assert.Equal(2, Version(cbc, EnvelopedMaterial.P256.Recipient));
        Assert.Equal(2, Version(cbc, EnvelopedRecipient.For(EnvelopedMaterial.Shared)));
        Assert.Equal(3, Version(cbc, EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password)));
        Assert.Equal(3, Version(cbc, EnvelopedMaterial.MlKem768.Recipient));
        Assert.Equal(0, Version(SealingOptions.Default, EnvelopedMaterial.P256.Recipient));

        static int Version(SealingOptions options, EnvelopedRecipient recipient) => EnvelopedMaterial.Read(EnvelopedMaterial.Seal([1], options, recipient)).Version;
    }

    [Fact]
    public void Refuses_to_write_what_is_weaker_than_asked()
    {
        var content = new byte[64];
        var small = EnvelopedMaterial.MakeRsa(1_024);
        Assert.Throws<CryptographicException>(() => EnvelopedWriter.Seal(content, 16, ContentTypes.Data, [small.Recipient], SealingOptions.Default));
        var shared = EnvelopedRecipient.For(new KeyEncryptionKey(new byte[] { 1 }, new byte[16]));
        Assert.Throws<CryptographicException>(() => EnvelopedWriter.Seal(content, 16, ContentTypes.Data, [shared], SealingOptions.Default));
        Assert.Throws<CryptographicException>(() => EnvelopedWriter.Seal(
            content, 16, ContentTypes.Data, [EnvelopedMaterial.Rsa.Recipient],
            new SealingOptions { Cipher = ContentCipherChoice.Aes256Cbc, AuthenticatedAttributes = [Attribute("1.2.3", 1)] }));
        Assert.Equal(new byte[64], content);
    }

    [Fact]
    [Trait("Threat", "C14")]
    public async Task Refuses_algorithms_that_are_not_accepted()
    {
        var made = EnvelopedMaterial.Seal([1], new SealingOptions { KeyTransport = KeyTransportChoice.Pkcs1 }, EnvelopedMaterial.Rsa.Recipient);
        foreach (var accepted in new HashSet<string>[] { [EnvelopedOids.RsaesOaep, EnvelopedOids.Aes256Gcm], [EnvelopedOids.RsaEncryption, EnvelopedOids.Aes256Cbc] })
        {
            using var opened = await EnvelopedMaterial.OpenAsync(made, new OpeningOptions { Accepted = accepted }, EnvelopedMaterial.Rsa.Key);
            Assert.Equal(OpeningOutcome.WeakAlgorithm, opened.Outcome);
        }
    }

    [Fact]
    [Trait("Threat", "C6")]
    public async Task Tries_a_bounded_number_of_recipients_that_name_us()
    {
        var one = EnvelopedMaterial.Rsa.Recipient;
        var made = EnvelopedMaterial.Seal([1], SealingOptions.Default, [.. Enumerable.Repeat(one, 100)]);
        // The code is the last element: every recipient's key is right, and nothing opens.
        made[^1] ^= 1;
        var counting = new CountingKey(EnvelopedMaterial.Rsa.Key);
        using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, counting);
        Assert.Equal(OpeningOutcome.DecryptFailed, opened.Outcome);
        Assert.Equal(OpeningOptions.Default.MaximumAttempts, counting.Calls);
        Assert.Equal(
            CmsFault.TooLarge,
            Assert.Throws<CmsFormatException>(() => EnvelopedContent.Read(ContentInfo.Read(made, CmsBounds.Default), new CmsBounds { Recipients = 99 })).Fault);
    }

    [Fact]
    [Trait("Threat", "C7")]
    public async Task Leaves_a_password_alone_that_wants_too_many_iterations()
    {
        var made = EnvelopedMaterial.Seal([1], new SealingOptions { PasswordIterations = 2_000 }, EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password));
        using var opened = await EnvelopedMaterial.OpenAsync(made, new OpeningOptions { Password = EnvelopedMaterial.Password, MaximumIterations = 1_999 });
        Assert.Equal(OpeningOutcome.Unsupported, opened.Outcome);
        using var without = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default);
        Assert.Equal(OpeningOutcome.NoKey, without.Outcome);
    }

    [Fact]
    [Trait("Threat", "C9")]
    public async Task Tells_nothing_about_why_a_key_does_not_open()
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(RecipientCertificate.Read(EnvelopedMaterial.Rsa.Certificate).PublicKeyInfo.Span, out _);
        var algorithm = new AlgorithmIdentifier(EnvelopedOids.RsaEncryption, AlgorithmIdentifier.Null);
        var key = EnvelopedMaterial.Rsa.Key;
        var right = rsa.Encrypt(new byte[32], RSAEncryptionPadding.Pkcs1);
        Assert.Equal(new byte[32], await key.UnwrapAsync(algorithm, right, 32));

        // A key of another length, wrong padding, no number below the modulus, another length of octets: a key all the same.
        byte[][] wrong = [rsa.Encrypt(new byte[16], RSAEncryptionPadding.Pkcs1), rsa.Encrypt(new byte[32], RSAEncryptionPadding.OaepSHA256), [.. Enumerable.Repeat((byte)0xFF, 256)], new byte[10], []];
        foreach (var octets in wrong)
        {
            var first = await key.UnwrapAsync(algorithm, octets, 32);
            Assert.Equal(32, first!.Length);
            Assert.NotEqual(new byte[32], first);
            Assert.Equal(first, await key.UnwrapAsync(algorithm, octets, 32));
        }

        var made = EnvelopedMaterial.Seal(EnvelopedMaterial.Content(100), new SealingOptions { KeyTransport = KeyTransportChoice.Pkcs1, Cipher = ContentCipherChoice.Aes128Cbc }, EnvelopedMaterial.Rsa.Recipient);
        var transport = (KeyTransportRecipient)EnvelopedMaterial.Read(made).Recipients[0];
        var at = made.AsSpan().IndexOf(transport.EncryptedKey.Span);
        foreach (var octets in wrong.Where(w => w.Length is 256))
        {
            octets.CopyTo(made, at);
            using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, key);
            // One in 256 random keys leaves padding that looks right; these are fixed by the key and the octets.
            Assert.True(opened.Outcome is OpeningOutcome.DecryptFailed || !opened.Content.Span.SequenceEqual(EnvelopedMaterial.Content(100)));
        }
    }

    [Fact]
    public async Task Tries_other_keys_when_one_is_unavailable_and_says_so_when_none_opens()
    {
        var made = EnvelopedMaterial.Seal([1], SealingOptions.Default, EnvelopedMaterial.Rsa.Recipient, EnvelopedMaterial.P256.Recipient);
        var away = new AbsentKey(EnvelopedMaterial.Rsa.Certificate);
        using (var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, away, EnvelopedMaterial.P256.Key)) Assert.Equal(OpeningOutcome.Opened, opened.Outcome);
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, away));
    }

    [Fact]
    public async Task Takes_keys_that_were_derived_with_a_null_in_the_shared_info()
    {
        // As some senders do; the message itself has the parameters absent.
        var content = new byte[] { 9 };
        var owner = EnvelopedMaterial.P256;
        var made = EnvelopedMaterial.Seal(content, SealingOptions.Default, owner.Recipient);
        var read = EnvelopedMaterial.Read(made);
        var recipient = (KeyAgreementRecipient)read.Recipients[0];
        var wrap = new AlgorithmIdentifier(EnvelopedOids.Aes256Wrap);
        var secret = (await owner.Key.AgreeAsync(Peer(recipient.OriginatorKey.ToArray())))!;
        var cek = KeyWrap.Unwrap(KeyDerivation.Agreed(EnvelopedOids.EcdhSha256, secret, wrap, null, 32), recipient.EncryptedKey.Span)!;
        var odd = KeyWrap.Wrap(KeyDerivation.Agreed(EnvelopedOids.EcdhSha256, secret, wrap with { Parameters = AlgorithmIdentifier.Null }, null, 32), cek);
        odd.CopyTo(made, made.AsSpan().IndexOf(recipient.EncryptedKey.Span));
        using var opened = await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, owner.Key);
        Assert.Equal(content, opened.Content.ToArray());
    }

    [Fact]
    public async Task Agrees_with_nothing_that_is_not_on_its_curve()
    {
        var key = EnvelopedMaterial.P256.Key;
        var point = RecipientCertificate.Read(EnvelopedMaterial.P256.Certificate).PublicKey.ToArray();
        Assert.NotNull(await key.AgreeAsync(Peer(point)));
        point[40] ^= 1;
        Assert.Null(await key.AgreeAsync(Peer(point)));
        Assert.Null(await key.AgreeAsync(RecipientCertificate.Read(EnvelopedMaterial.P384.Certificate).PublicKeyInfo));
        Assert.Null(await key.AgreeAsync(new byte[] { 0x30, 0 }));
        // A point of small order makes an all-zero secret (RFC 8418 §2).
        Assert.Null(await EnvelopedMaterial.X25519.Key.AgreeAsync(EnvelopedMaterial.Info(EnvelopedOids.X25519, new byte[32])));
        Assert.Null(await EnvelopedMaterial.MlKem768.Key.DecapsulateAsync(new byte[1_087]));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await key.DecapsulateAsync(new byte[1]));
    }

    [Theory]
    [InlineData(4 << 20)]
    public async Task Opens_large_content_with_one_buffer_of_its_size(int length)
    {
        var content = EnvelopedMaterial.Content(length);
        var made = EnvelopedMaterial.Seal(content, SealingOptions.Default, EnvelopedMaterial.Rsa.Recipient);
        // So that the pool holds a buffer of this size.
        (await EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, EnvelopedMaterial.Rsa.Key)).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var opening = EnvelopedMaterial.OpenAsync(made, OpeningOptions.Default, EnvelopedMaterial.Rsa.Key);
        Assert.True(opening.IsCompletedSuccessfully);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        using var opened = await opening;
        Assert.Equal(content, opened.Content.ToArray());
        Assert.InRange(allocated, 0, 64 << 10);
    }

    [Fact]
    public void Caches_certificates_within_its_bound()
    {
        var cache = new RecipientCertificateCache(4);
        var first = cache.Get(EnvelopedMaterial.Rsa.Certificate);
        Assert.Same(first, cache.Get(EnvelopedMaterial.Rsa.Certificate));
        foreach (var kind in new[] { "p256", "p384", "p521", "x25519", "ml-kem-512", "ml-kem-768" })
        {
            cache.Get(EnvelopedMaterial.Named(kind).Certificate);
            Assert.InRange(cache.Count, 1, 4);
        }

        Assert.NotSame(first, cache.Get(EnvelopedMaterial.Rsa.Certificate));
    }

    private static byte[] Attribute(string type, int value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSetOf()) writer.WriteInteger(value);
        }

        return writer.Encode();
    }

    private static byte[] Peer(byte[] point)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(EnvelopedOids.EcPublicKey);
                writer.WriteObjectIdentifier(EnvelopedOids.P256);
            }

            writer.WriteBitString(point);
        }

        return writer.Encode();
    }

    private sealed class CountingKey(IDecryptionKey key) : IDecryptionKey
    {
        public int Calls { get; private set; }

        public ReadOnlyMemory<byte> Certificate => key.Certificate;

        public ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default)
        {
            Calls++;
            return key.UnwrapAsync(algorithm, encryptedKey, keyLength, cancellationToken);
        }

        public ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class AbsentKey(byte[] certificate) : IDecryptionKey
    {
        public ReadOnlyMemory<byte> Certificate => certificate;

        public ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default) =>
            throw new KeyUnavailableException("the token is away");

        public ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) => throw new KeyUnavailableException("the token is away");

        public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) => throw new KeyUnavailableException("the token is away");
    }
}
