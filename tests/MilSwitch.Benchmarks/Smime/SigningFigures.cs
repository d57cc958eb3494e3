using System.Security.Cryptography;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>SignedData made and verified, beside the digests and the signature alone.</summary>
internal static class SigningFigures
{
    private const string Primitives = "primitives";
    private const long MostGarbage = 6_000;
    private static readonly byte[] LargeContent = SmimeMaterial.Content(SmimeMaterial.Large);
    private static int number;

    public static async Task<Figure[]> AllAsync() =>
    [
        Control("control: RSA-2048 sign, both sides", () => SmimeMaterial.Rsa2048.Sign("control"u8)),
        Control("control: SHA-256 of 5 MiB, both sides", () => SmimeMaterial.Rsa2048.Hash(LargeContent)),
        new("control: SHA-256 and P-256 sign, bare", SmimeMaterial.Name(SmimeMaterial.Large), "SHA-256", null, () => Done(SignLargeBare), () => SHA256.HashData(LargeContent)),
        await SignAsync("RSA-2048", SmimeMaterial.Rsa2048, 0.95),
        await SignAsync("RSA-3072", SmimeMaterial.Rsa3072, 0.95),
        await SignAsync("P-384", SmimeMaterial.P384, 0.95),
        await SignAsync("P-256", SmimeMaterial.P256, 0.88),
        SignLarge(),
        await VerifyAsync(),
        await VerifyLargeAsync(),
    ];

    public static ValueTask<SignedParts> SignAsync(SmimeMaterial.Signer signer, ContentDigests content) => SignedDataWriter.SignAsync(new SigningOrder
    {
        Content = content, Signers = [signer.Cms], SigningTime = SmimeMaterial.Now, Attributes = SmimeMaterial.EssAttributes(number++),
    });

    /// <summary>Everything about a signature but the belief in its certificate; the content.</summary>
    public static ReadOnlyMemory<byte> Verify(ReadOnlyMemory<byte> octets, VerificationKeys keys)
    {
        var signed = SignedData.Read(octets, CmsBounds.Default);
        var certificate = signed.CertificateOf(signed.Signers[0]);
        var verdict = SignerVerifier.Verify(
            signed.Signers[0], signed.ContentType, new ContentDigests(signed.Content ?? default), certificate, keys.Get(certificate), VerificationOptions.Default);
        if (!verdict.IsGood) throw new InvalidOperationException(string.Join(", ", verdict.Reasons));
        return signed.Content ?? default;
    }

    public static async ValueTask<byte[]> SignedAsync(SmimeMaterial.Signer signer, byte[] content) => (await SignAsync(signer, new ContentDigests(content))).Join(content);

    private static void SignLargeBare()
    {
        SHA256.HashData(LargeContent);
        SmimeMaterial.P256.Sign("control"u8);
    }

    // How far a ratio of one to one is off on this machine.
    private static Figure Control(string operation, Action both) => new(operation, "", "itself", null, () => Done(both), both);

    private static async Task<Figure> SignAsync(string name, SmimeMaterial.Signer signer, double wanted)
    {
        var content = SmimeMaterial.Content(SmimeMaterial.Small);
        var attributes = SignedData.Read(await SignedAsync(signer, content), CmsBounds.Default).Signers[0].SignedAttributes.SetOf.ToArray();
        return new Figure($"sign {name} with ESS", SmimeMaterial.Name(content.Length), Primitives, wanted, async () => await SignAsync(signer, new ContentDigests(content)), () =>
        {
            signer.Hash(content);
            signer.Sign(attributes);
        })
        {
            MostGarbage = MostGarbage,
        };
    }

    private static Figure SignLarge() => new(
        "sign P-256 with ESS", SmimeMaterial.Name(SmimeMaterial.Large), "SHA-256", 0.95,
        async () => await SignAsync(SmimeMaterial.P256, new ContentDigests(LargeContent)), () => SHA256.HashData(LargeContent))
    {
        MostGarbage = MostGarbage,
    };

    private static async Task<Figure> VerifyAsync()
    {
        var signer = SmimeMaterial.Rsa2048;
        var content = SmimeMaterial.Content(SmimeMaterial.Small);
        var octets = await SignedAsync(signer, content);
        var signed = SignedData.Read(octets, CmsBounds.Default);
        var attributes = signed.Signers[0].SignedAttributes.SetOf.ToArray();
        var signature = signed.Signers[0].Signature.ToArray();
        var keys = new VerificationKeys();
        return new Figure("verify RSA-2048, cached key", SmimeMaterial.Name(content.Length), Primitives, 0.92, () => Done(() => Verify(octets, keys)), () =>
        {
            signer.Hash(content);
            signer.Rsa.VerifyData(attributes, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        });
    }

    private static async Task<Figure> VerifyLargeAsync()
    {
        var octets = await SignedAsync(SmimeMaterial.Rsa2048, LargeContent);
        var keys = new VerificationKeys();
        return new Figure("verify RSA-2048, cached key", SmimeMaterial.Name(SmimeMaterial.Large), "SHA-256", 0.95, () => Done(() => Verify(octets, keys)), () => SHA256.HashData(LargeContent));
    }

    public static ValueTask Done(Action operation)
    {
        operation();
        return ValueTask.CompletedTask;
    }
}
