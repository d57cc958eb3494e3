using System.Numerics;
using System.Security.Cryptography;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
[Trait("Threat", "C9")]
public sealed class RsaPaddingTests : IDisposable
{
    private readonly RSA rsa = RSA.Create(2048);
    private readonly byte[] message = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public void Dispose() => rsa.Dispose();

    [Theory]
    [InlineData("SHA1")]
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    public void Takes_off_OAEP_as_others_put_it_on(string digest)
    {
        var name = new HashAlgorithmName(digest);
        var block = Raw(rsa.Encrypt(message, RSAEncryptionPadding.CreateOaep(name)));
        Assert.Equal(message, RsaPadding.RemoveOaep(block, new OaepParameters(name, name, []), message.Length));
        Assert.All(block, b => Assert.Equal(0, b));
    }

    [Fact]
    public void Any_octet_of_OAEP_that_is_wrong_makes_all_of_it_wrong()
    {
        var parameters = new OaepParameters(HashAlgorithmName.SHA256, HashAlgorithmName.SHA256, []);
        var good = Raw(rsa.Encrypt(message, RSAEncryptionPadding.OaepSHA256));
        for (var i = 0; i < good.Length; i++)
        {
            var bad = (byte[])good.Clone();
            bad[i] ^= 0x10;
            Assert.Null(RsaPadding.RemoveOaep(bad, parameters, message.Length));
            Assert.All(bad, b => Assert.Equal(0, b));
        }
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(191)]
    public void OAEP_of_another_length_does_not_open(int length)
    {
        var block = Raw(rsa.Encrypt(message, RSAEncryptionPadding.OaepSHA256));
        Assert.Null(RsaPadding.RemoveOaep(block, new OaepParameters(HashAlgorithmName.SHA256, HashAlgorithmName.SHA256, []), length));
    }

    [Fact]
    public void OAEP_with_another_label_or_digest_does_not_open()
    {
        var block = Raw(rsa.Encrypt(message, RSAEncryptionPadding.OaepSHA256));
        Assert.Null(RsaPadding.RemoveOaep((byte[])block.Clone(), new OaepParameters(HashAlgorithmName.SHA256, HashAlgorithmName.SHA256, [1]), message.Length));
        Assert.Null(RsaPadding.RemoveOaep((byte[])block.Clone(), new OaepParameters(HashAlgorithmName.SHA256, HashAlgorithmName.SHA1, []), message.Length));
        Assert.Null(RsaPadding.RemoveOaep(block, new OaepParameters(HashAlgorithmName.SHA1, HashAlgorithmName.SHA256, []), message.Length));
    }

    [Fact]
    public void Takes_off_PKCS1_and_puts_the_stand_in_where_it_is_wrong()
    {
        var good = Raw(rsa.Encrypt(message, RSAEncryptionPadding.Pkcs1));
        var separator = good.Length - message.Length - 1;
        Assert.Equal(message, Open(good, 32));
        foreach (var (at, value) in new (int, byte)[] { (0, 1), (1, 1), (1, 0), (2, 0), (separator / 2, 0), (separator - 1, 0), (separator, 7) })
        {
            var bad = (byte[])good.Clone();
            bad[at] = value;
            Assert.Equal(StandIn(32), Open(bad, 32));
        }

        // A message that is longer or shorter than it must be is as wrong as any.
        Assert.Equal(StandIn(24), Open(good, 24));
        Assert.Equal(StandIn(40), Open(good, 40));
        // Eight octets of padding are the least there may be (RFC 8017 §7.2.1).
        Assert.Equal(StandIn(good.Length - 10), Open(good, good.Length - 10));
    }

    [Fact]
    public void A_stand_in_is_the_same_for_the_same_and_another_for_another()
    {
        byte[] key = [1, 2, 3], ciphertext = [4, 5, 6];
        var first = RsaPadding.StandIn(key, ciphertext, 32);
        Assert.Equal(first, RsaPadding.StandIn(key, ciphertext, 32));
        Assert.NotEqual(first, RsaPadding.StandIn(key, [4, 5, 7], 32));
        Assert.NotEqual(first, RsaPadding.StandIn([1, 2, 4], ciphertext, 32));
        Assert.Equal(24, RsaPadding.StandIn(key, ciphertext, 24).Length);
    }

    private static byte[] StandIn(int length) => [.. Enumerable.Repeat((byte)0xAA, length)];

    private static byte[] Open(byte[] block, int length)
    {
        var copy = (byte[])block.Clone();
        var outcome = StandIn(length);
        RsaPadding.RemovePkcs1(copy, outcome);
        Assert.All(copy, b => Assert.Equal(0, b));
        return outcome;
    }

    // What a token gives back for CKM_RSA_X_509.
    private byte[] Raw(byte[] ciphertext)
    {
        var parameters = rsa.ExportParameters(includePrivateParameters: true);
        var number = BigInteger.ModPow(Number(ciphertext), Number(parameters.D!), Number(parameters.Modulus!)).ToByteArray(isUnsigned: true, isBigEndian: true);
        var block = new byte[ciphertext.Length];
        number.CopyTo(block.AsSpan(block.Length - number.Length));
        return block;

        static BigInteger Number(byte[] octets) => new(octets, isUnsigned: true, isBigEndian: true);
    }
}
