using System.Security.Cryptography;

namespace MilSwitch.Storage.Tests;

public sealed class ContentSealTests
{
    private static readonly string Name = ContentSeal.NewName();
    private readonly ContentSeal seal = new(Name, new Dictionary<string, byte[]> { [Name] = RandomNumberGenerator.GetBytes(32) });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(131_072)]
    [InlineData(200_001)]
    public void What_is_sealed_opens_again(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        var stored = Sealed(content);
        var opened = new byte[length];
        seal.Open(stored, opened);
        Assert.Equal(content, opened);
        Assert.Equal(Name, ContentSeal.KeyOf(stored));
    }

    [Fact]
    public void The_same_content_is_never_stored_alike() =>
        Assert.NotEqual(Sealed(new byte[1000])[ContentSeal.HeaderLength..], Sealed(new byte[1000])[ContentSeal.HeaderLength..]);

    [Fact]
    public void Any_octet_that_was_changed_is_noticed()
    {
        var stored = Sealed(RandomNumberGenerator.GetBytes(300));
        for (var i = 0; i < stored.Length; i++)
        {
            stored[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => seal.Open(stored, new byte[300]));
            stored[i] ^= 1;
        }
    }

    [Fact]
    public void Segments_that_were_exchanged_are_noticed()
    {
        var stored = Sealed(RandomNumberGenerator.GetBytes(3 * ContentSeal.SegmentLength));
        const int Stored = ContentSeal.SegmentLength + ContentSeal.TagLength;
        var first = stored.AsSpan(ContentSeal.HeaderLength, Stored).ToArray();
        stored.AsSpan(ContentSeal.HeaderLength + Stored, Stored).CopyTo(stored.AsSpan(ContentSeal.HeaderLength));
        first.CopyTo(stored.AsSpan(ContentSeal.HeaderLength + Stored));
        Assert.ThrowsAny<CryptographicException>(() => seal.Open(stored, new byte[3 * ContentSeal.SegmentLength]));
    }

    [Fact]
    public void Segments_that_were_cut_off_are_noticed()
    {
        var stored = Sealed(RandomNumberGenerator.GetBytes(2 * ContentSeal.SegmentLength));
        Array.Resize(ref stored, ContentSeal.HeaderLength + ContentSeal.SegmentLength + ContentSeal.TagLength);
        Assert.ThrowsAny<CryptographicException>(() => seal.Open(stored, new byte[ContentSeal.SegmentLength]));
    }

    [Fact]
    public void Another_key_does_not_open_it()
    {
        var other = new ContentSeal(Name, new Dictionary<string, byte[]> { [Name] = RandomNumberGenerator.GetBytes(32) });
        Assert.ThrowsAny<CryptographicException>(() => other.Open(Sealed(new byte[10]), new byte[10]));
        Assert.ThrowsAny<CryptographicException>(() => ContentSeal.None.Open(Sealed(new byte[10]), new byte[10]));
    }

    private byte[] Sealed(byte[] content)
    {
        var stored = new byte[ContentSeal.SealedLength(content.Length)];
        seal.Seal(content, stored);
        return stored;
    }
}
