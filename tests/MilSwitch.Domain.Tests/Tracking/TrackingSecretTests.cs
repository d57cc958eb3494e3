using System.Security.Cryptography;
using System.Text;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Domain.Tests.Tracking;

[Trait("Feature", "A-15")]
public sealed class TrackingSecretTests
{
    [Property(MaxTest = 500)]
    public void Reads_every_secret_with_and_without_padding(byte[] secret)
    {
        var expected = secret.Length is >= 1 and <= TrackingSecret.MostOctets;
        var text = Convert.ToBase64String(secret);
        foreach (var spelled in new[] { text, text.TrimEnd('=') })
        {
            Assert.Equal(expected, TrackingSecret.TryParse(Encoding.ASCII.GetBytes(spelled), out var read));
            Assert.Equal(expected ? secret : [], read);
        }
    }

    [Property(MaxTest = 2000)]
    public void Never_throws_on_any_octets(byte[] octets)
    {
        if (TrackingSecret.TryParse(octets, out var secret)) Assert.Equal(Encoding.ASCII.GetString(octets).TrimEnd('='), Convert.ToBase64String(secret).TrimEnd('='));
        TrackingCertifier.TryParse(octets, out _);
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("A")]
    [InlineData("QUJD=")]
    [InlineData("QQ===")]
    [InlineData("Q Q==")]
    [InlineData("QUI\r\n")]
    [InlineData("QU-_")]
    public void Refuses_what_is_no_base64(string text) => Assert.False(TrackingSecret.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Takes_1024_bits_and_no_more()
    {
        Assert.True(TrackingSecret.TryParse(Encoding.ASCII.GetBytes(Convert.ToBase64String(new byte[128])), out _));
        Assert.False(TrackingSecret.TryParse(Encoding.ASCII.GetBytes(Convert.ToBase64String(new byte[129])), out _));
    }

    [Property(MaxTest = 200)]
    public void Certifiers_are_the_sha1_of_the_secret(byte[] secret)
    {
        var hash = Convert.ToBase64String(SHA1.HashData(secret));
        var certifier = TrackingCertifier.Of(secret);
        Assert.Equal(27, certifier.Text.Length);
        foreach (var spelled in new[] { hash, hash.TrimEnd('=') })
        {
            Assert.True(TrackingCertifier.TryParse(Encoding.ASCII.GetBytes(spelled), out var read));
            Assert.Equal(certifier, read);
            Assert.True(certifier.IsProvedBy(read));
        }

        Assert.False(certifier.IsProvedBy(TrackingCertifier.Of([.. secret, 1])));
    }

    [Theory]
    [InlineData("a@b", true)]
    [InlineData("a@b@c", true)]
    [InlineData("a", false)]
    [InlineData("@b", false)]
    [InlineData("a@", false)]
    [InlineData("", false)]
    public void A_unique_id_names_its_host(string envelopeId, bool unique) => Assert.Equal(unique, TrackingRequest.IsUnique(envelopeId));

    [Fact]
    public void Documents_are_found_by_id_and_secret_together()
    {
        var until = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var certifier = TrackingCertifier.Of("secret"u8);
        var id = MessageId.Create(7, 9, 3);
        var document = TrackingDocuments.For(id, Envelope() with { EnvelopeId = "x@y", Tracking = new TrackingRequest(certifier, until) })!;
        Assert.StartsWith(TrackingDocuments.Key("x@y", certifier), document.Id, StringComparison.Ordinal);
        Assert.True(TrackingDocuments.TryRead(document, out var read, out var ends));
        Assert.Equal((id, until), (read, ends));
        Assert.NotEqual(TrackingDocuments.Key("x@y", certifier), TrackingDocuments.Key("x@y", TrackingCertifier.Of("other"u8)));
        Assert.NotEqual(TrackingDocuments.Key("x@y", certifier), TrackingDocuments.Key("x@z", certifier));
        Assert.Null(TrackingDocuments.For(id, Envelope() with { EnvelopeId = "x@y" }));
        Assert.False(TrackingDocuments.TryRead(document with { Json = "soon" }, out _, out _));
        Assert.False(TrackingDocuments.TryRead(document with { Json = long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture) }, out _, out _));
        Assert.False(TrackingDocuments.TryRead(document with { Id = "1" }, out _, out _));
    }

    private static Envelope Envelope() => new()
    {
        ReversePath = ReversePath.Null, Recipients = [], ArrivedAt = DateTimeOffset.UnixEpoch, Origin = new Origin { Listener = "in" },
    };
}
