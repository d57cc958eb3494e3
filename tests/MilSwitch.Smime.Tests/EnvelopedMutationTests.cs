using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;

namespace MilSwitch.Smime.Tests;

[Trait("Threat", "C6")]
[Trait("Threat", "C8")]
[Trait("Threat", "C9")]
public sealed class EnvelopedMutationTests
{
    public static TheoryData<string, ContentCipherChoice> Samples
    {
        get
        {
            var data = new TheoryData<string, ContentCipherChoice>();
            foreach (var kind in new[] { "rsa", "rsa-pkcs1", "p256", "x25519", "ml-kem-512", "shared", "password" })
            {
                data.Add(kind, ContentCipherChoice.Aes256Gcm);
                data.Add(kind, ContentCipherChoice.Aes256Cbc);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Mutations_never_throw_anything_else_and_never_yield_other_plaintext_under_a_code(string kind, ContentCipherChoice cipher)
    {
        var content = EnvelopedMaterial.Content(100);
        var owner = kind switch { "shared" or "password" => null, "rsa-pkcs1" => EnvelopedMaterial.Rsa, _ => EnvelopedMaterial.Named(kind) };
        var recipient = kind switch
        {
            "shared" => EnvelopedRecipient.For(EnvelopedMaterial.Shared),
            "password" => EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password),
            _ => owner!.Recipient,
        };
        var options = new OpeningOptions { SharedKeys = [EnvelopedMaterial.Shared], Password = kind is "password" ? EnvelopedMaterial.Password : default, MaximumIterations = 5_000 };
        var sound = EnvelopedMaterial.Seal(
            content, new SealingOptions { Cipher = cipher, KeyTransport = kind is "rsa-pkcs1" ? KeyTransportChoice.Pkcs1 : KeyTransportChoice.OaepSha256, PasswordIterations = 1_000 }, recipient);
        var random = new Random(5083);
        var outcomes = new Dictionary<string, int>();
        for (var round = 0; round < 200; round++)
        {
            var mutant = (byte[])sound.Clone();
            mutant[random.Next(mutant.Length)] ^= (byte)random.Next(1, 256);
            string outcome;
            try
            {
                using var opened = await EnvelopedMaterial.OpenAsync(mutant, options, owner is null ? [] : [owner.Key]);
                outcome = opened.Outcome.ToString();
                // A version number or the like is not under the code; whatever comes out under one is the content.
                if (opened is { Outcome: OpeningOutcome.Opened, IsAuthenticated: true }) Assert.True(opened.Content.Span.SequenceEqual(content));
            }
            catch (CmsFormatException)
            {
                outcome = "malformed";
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        Assert.InRange(outcomes.GetValueOrDefault(nameof(OpeningOutcome.DecryptFailed)), 1, 200);
    }

    /// <summary>Where the octets of keys, content and code stand, no mutation has any other failure than the one.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Keys_and_ciphertext_fail_in_one_way_only(string kind, ContentCipherChoice cipher)
    {
        var owner = kind switch { "shared" or "password" => null, "rsa-pkcs1" => EnvelopedMaterial.Rsa, _ => EnvelopedMaterial.Named(kind) };
        var recipient = kind switch
        {
            "shared" => EnvelopedRecipient.For(EnvelopedMaterial.Shared),
            "password" => EnvelopedRecipient.ForPassword(EnvelopedMaterial.Password),
            _ => owner!.Recipient,
        };
        var options = new OpeningOptions { SharedKeys = [EnvelopedMaterial.Shared], Password = kind is "password" ? EnvelopedMaterial.Password : default };
        var sound = EnvelopedMaterial.Seal(
            EnvelopedMaterial.Content(100),
            new SealingOptions { Cipher = cipher, KeyTransport = kind is "rsa-pkcs1" ? KeyTransportChoice.Pkcs1 : KeyTransportChoice.OaepSha256, PasswordIterations = 1_000 }, recipient);
        var read = EnvelopedMaterial.Read(sound);
        var ranges = new List<byte[]> { read.Encrypted!.ToArray() };
        if (!read.Mac.IsEmpty) ranges.Add(read.Mac.ToArray());
        ranges.AddRange(read.Recipients[0] switch
        {
            KeyTransportRecipient r => [r.EncryptedKey.ToArray()],
            KeyAgreementRecipient r => [r.EncryptedKey.ToArray(), r.OriginatorKey.ToArray()],
            KemRecipient r => [r.EncryptedKey.ToArray(), r.Ciphertext.ToArray()],
            KekRecipient r => [r.EncryptedKey.ToArray()],
            PasswordRecipient r => new[] { r.EncryptedKey.ToArray() },
            _ => [],
        });
        var random = new Random(3218);
        foreach (var range in ranges)
        {
            var start = sound.AsSpan().IndexOf(range);
            for (var round = 0; round < 100; round++)
            {
                var mutant = (byte[])sound.Clone();
                mutant[start + random.Next(range.Length)] ^= (byte)random.Next(1, 256);
                using var opened = await EnvelopedMaterial.OpenAsync(mutant, options, owner is null ? [] : [owner.Key]);
                if (cipher is ContentCipherChoice.Aes256Cbc && opened.Outcome is OpeningOutcome.Opened) Assert.False(opened.IsAuthenticated);
                // The top bit of an X25519 point is ignored (RFC 7748 §5), but not the rest of it.
                else if (kind is "x25519" && opened.Outcome is OpeningOutcome.Opened) Assert.Equal(range, ranges[^1]);
                else Assert.Equal(OpeningOutcome.DecryptFailed, opened.Outcome);
            }
        }
    }
}
