using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Keys;
using Xunit.Abstractions;

namespace MilSwitch.Smime.Tests;

/// <summary>
/// PKCS#1 v1.5 key transport (RFC 3218): whether the padding is wrong, the key has another length, or the content does not
/// fit the key, the outcome, the text and what is done are the same.
/// </summary>
[Trait("Feature", "E-05")]
[Trait("Threat", "C9")]
public sealed class KeyTransportFailureTests(ITestOutputHelper output)
{
    private const int Rounds = 40;

    [Theory]
    [InlineData(ContentCipherChoice.Aes256Gcm)]
    [InlineData(ContentCipherChoice.Aes256Cbc)]
    public async Task Fails_in_one_way_whatever_is_wrong(ContentCipherChoice cipher)
    {
        var sound = EnvelopedMaterial.Seal(EnvelopedMaterial.Content(100), new SealingOptions { Cipher = cipher, KeyTransport = KeyTransportChoice.Pkcs1 }, EnvelopedMaterial.Rsa.Recipient);
        var transport = Assert.IsType<KeyTransportRecipient>(Assert.Single(EnvelopedMaterial.Read(sound).Recipients));
        using var rsa = RSA.Create();
        rsa.ImportFromPem(EnvelopedMaterial.Rsa.Pem);
        var random = new Random(3218);
        // No multiple of the modulus, and of no sound padding but once in 65,536.
        byte[] Garbage() => [0, .. Octets(random, transport.EncryptedKey.Length - 1)];
        var ways = new Dictionary<string, Func<byte[]>>
        {
            ["wrong padding"] = () => Replaced(sound, transport.EncryptedKey, Garbage()),
            ["key of 16 octets"] = () => Replaced(sound, transport.EncryptedKey, rsa.Encrypt(Octets(random, 16), RSAEncryptionPadding.Pkcs1)),
            ["key of 33 octets"] = () => Replaced(sound, transport.EncryptedKey, rsa.Encrypt(Octets(random, 33), RSAEncryptionPadding.Pkcs1)),
            ["no octets"] = () => Replaced(sound, transport.EncryptedKey, rsa.Encrypt([], RSAEncryptionPadding.Pkcs1)),
            ["another key"] = () => Replaced(sound, transport.EncryptedKey, rsa.Encrypt(Octets(random, 32), RSAEncryptionPadding.Pkcs1)),
            ["another padding"] = () => Replaced(sound, transport.EncryptedKey, rsa.Encrypt(Octets(random, 32), RSAEncryptionPadding.OaepSHA1)),
            ["wrong content"] = () => Changed(sound, cipher),
        };
        var seen = new Dictionary<string, string>();
        foreach (var (way, make) in ways)
        {
            var (opened, ticks) = (0, new List<long>());
            string? work = null;
            for (var round = 0; round < Rounds; round++)
            {
                var (outcome, text, done, time) = await OpenAsync(make());
                ticks.Add(time);
                // Without a code one random key in 256 yields something that looks padded; nobody vouches for that.
                if (outcome is OpeningOutcome.Opened && cipher is ContentCipherChoice.Aes256Cbc)
                {
                    opened++;
                    continue;
                }

                Assert.Equal(OpeningOutcome.DecryptFailed, outcome);
                Assert.Equal(OpenedContent.FailureText, text);
                work ??= done;
                Assert.Equal(work, done);
            }

            ticks.Sort();
            output.WriteLine($"{way}: {work}; median {Stopwatch.GetElapsedTime(0, ticks[Rounds / 2]).TotalMicroseconds:F0} µs, {opened} looked padded");
            seen[way] = work!;
            Assert.InRange(opened, 0, 3);
        }

        Assert.Single(seen.Values.Distinct());
    }

    // What was asked of the key and what was thrown on the way, in order.
    private static async Task<(OpeningOutcome Outcome, string Text, string Work, long Ticks)> OpenAsync(byte[] octets)
    {
        var key = new CountingKey(EnvelopedMaterial.Rsa.Key);
        var thrown = new List<string>();
        var thread = Environment.CurrentManagedThreadId;
        void Note(object? sender, FirstChanceExceptionEventArgs fault)
        {
            if (Environment.CurrentManagedThreadId == thread) thrown.Add(fault.Exception is CryptographicException ? nameof(CryptographicException) : fault.Exception.GetType().Name);
        }

        var content = EnvelopedMaterial.Read(octets);
        AppDomain.CurrentDomain.FirstChanceException += Note;
        try
        {
            var start = Stopwatch.GetTimestamp();
            using var opened = await EnvelopedOpener.OpenAsync(content, [key], OpeningOptions.Default);
            var ticks = Stopwatch.GetTimestamp() - start;
            AppDomain.CurrentDomain.FirstChanceException -= Note;
            var text = opened.Outcome is OpeningOutcome.Opened ? "" : Assert.Throws<InvalidOperationException>(() => opened.Content).Message;
            return (opened.Outcome, text, $"{string.Join(", ", key.Calls)}; thrown: {string.Join(", ", thrown)}", ticks);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Note;
        }
    }

    private static byte[] Octets(Random random, int length)
    {
        var octets = new byte[length];
        random.NextBytes(octets);
        return octets;
    }

    private static byte[] Replaced(byte[] sound, ReadOnlyMemory<byte> old, byte[] octets)
    {
        var changed = (byte[])sound.Clone();
        octets.CopyTo(changed, sound.AsSpan().IndexOf(old.Span));
        return changed;
    }

    // Of CBC the octet before the last block, so that the last octet of the padding is another one.
    private static byte[] Changed(byte[] sound, ContentCipherChoice cipher)
    {
        var changed = (byte[])sound.Clone();
        changed[^(cipher is ContentCipherChoice.Aes256Cbc ? 17 : 1)] ^= 0x40;
        return changed;
    }

    private sealed class CountingKey(IDecryptionKey inner) : IDecryptionKey
    {
        public List<string> Calls { get; } = [];

        public ReadOnlyMemory<byte> Certificate => inner.Certificate;

        public async ValueTask<byte[]?> UnwrapAsync(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> encryptedKey, int keyLength, CancellationToken cancellationToken = default)
        {
            var key = await inner.UnwrapAsync(algorithm, encryptedKey, keyLength, cancellationToken);
            Calls.Add($"unwrap of {encryptedKey.Length} octets to {keyLength}: {(key is null ? "nothing" : $"{key.Length} octets")}");
            return key;
        }

        public ValueTask<byte[]?> AgreeAsync(ReadOnlyMemory<byte> subjectPublicKeyInfo, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<byte[]?> DecapsulateAsync(ReadOnlyMemory<byte> ciphertext, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
